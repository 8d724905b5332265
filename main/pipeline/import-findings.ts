/**
 * The findings of an import besides its images: how many there are of each class, and notes for the user about
 * everything else.
 */
import { classNameOf } from '../catalogue/class-names.ts';
import { many } from '../many.ts';
import { visible } from '../visible.ts';

/** Files or folders that were left out for the same reason, with no need for action. */
export interface LeftOut {
  readonly isFolder: boolean;
  /** The program they belong to, or another reason. */
  readonly because: string;
  readonly count: number;
  /** Names of the first few. */
  readonly names: readonly string[];
}

const MOST_NAMES = 3;

export class ImportFindings {
  readonly #classes = new Map<string, number>();
  #withoutClass = 0;
  readonly #foldersOf = new Map<string, string[]>();
  readonly #leftOut = new Map<string, { isFolder: boolean; because: string; count: number; names: Set<string> }>();

  /** Images of each class, in the order in which their folders were found; 0 for a folder without an image. */
  get classes(): ReadonlyMap<string, number> {
    return this.#classes;
  }

  get emptyClasses(): string[] {
    return [...this.#classes].filter(([, images]) => images === 0).map(([name]) => name);
  }

  get leftOut(): LeftOut[] {
    return [...this.#leftOut.values()].map(({ names, ...group }) => ({ ...group, names: [...names] }));
  }

  classFolder(folderName: string): void {
    const name = classNameOf(folderName);
    this.#foldersOf.set(name, [...(this.#foldersOf.get(name) ?? []), folderName]);
    this.#classes.set(name, this.#classes.get(name) ?? 0);
  }

  image(className: string, count = 1): void {
    this.#classes.set(className, (this.#classes.get(className) ?? 0) + count);
  }

  /** Counts images of a labelled source without a class. */
  withoutClass(images: number): void {
    this.#withoutClass += images;
  }

  leaveOut({
    relativePath,
    isFolder,
    because,
  }: Pick<LeftOut, 'isFolder' | 'because'> & { relativePath: string }): void {
    const key = `${isFolder} ${because}`;
    const group = this.#leftOut.get(key) ?? { isFolder, because, count: 0, names: new Set() };
    group.count++;
    const name = relativePath.slice(relativePath.lastIndexOf('/') + 1);
    // Keeps one more name than is displayed, to show that there are more.
    if (group.names.size <= MOST_NAMES) group.names.add(name);
    this.#leftOut.set(key, group);
  }

  /** One sentence each. */
  notes(): string[] {
    const stored = [...this.#foldersOf].filter(([, folders]) => folders.length > 1);
    return [
      ...this.leftOut.map(leftOutNote),
      ...stored.map(
        ([name, folders]) =>
          `${folders.length} folders are called “${visible(name)}”, with differently encoded accents: they are one class.`,
      ),
      ...withoutClassNote(this.#withoutClass, this.#classes.size),
      ...this.emptyClasses.map((name) => `The class folder “${visible(name)}” has no images in it.`),
    ];
  }
}

function withoutClassNote(images: number, classes: number): string[] {
  if (images === 0) return [];
  const which = 'say which key or file it is (--columns label=…)';
  if (classes === 0) {
    return [`No image has a class: ${which}, or add them as unlabelled ones; until then they are unlabelled.`];
  }
  return [withoutClassText(images)];
}

/** Of images of a labelled source. */
export function withoutClassText(images: number): string {
  const are = images === 1 ? 'has no class and is an unlabelled one' : 'have no class and are unlabelled ones';
  return `${many(images, 'image')} ${are}.`;
}

export function leftOutNote({ isFolder, because, count, names }: LeftOut): string {
  const what = many(count, isFolder ? 'folder' : 'file');
  const shown = names.slice(0, MOST_NAMES).map((name) => `“${visible(name)}”`);
  return `Left out: ${what} ${shown.join(', ')}${names.length > MOST_NAMES ? ', …' : ''} (${because}).`;
}

/** Of images that an earlier import found. */
export function missingText(images: number): string {
  const were = images === 1 ? 'that was there before is missing' : 'that were there before are missing';
  return `${many(images, 'image')} ${were} now`;
}

/** Of files that no image can be made of. */
export function leftOutText(files: number): string {
  return `${many(files, 'file')} ${files === 1 ? 'was' : 'were'} left out`;
}
