/** Texts for folders that are dropped on the collection. */
import { formatCount } from '../format.ts';

export const dropping = {
  here: 'Drop folders of images here',
  title: (names: readonly string[]) =>
    names.length === 1 ? `What is in “${names[0]}”?` : `What is in these ${formatCount(names.length)} folders?`,
  noPath:
    'A browser does not reveal where on the disk a dropped folder is. Choose what it contains, then find it in the list that opens.',
  noFolder: (names: readonly string[]) =>
    `${names.map((name) => `“${name}”`).join(', ')} ${names.length === 1 ? 'is not a folder' : 'are not folders'}: drop the folder that contains the images.`,
  labelled: 'Labelled: one sub-folder per class',
  unlabelled: 'Unlabelled images',
  find: (name: string) => `Find “${name}”`,
} as const;
