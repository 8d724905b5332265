/** The class that the place of an image says. */
import { classNameOf } from '../catalogue/class-names.ts';

/** The top-level folder of the image's path; undefined if it is in none. */
export function classOf(relativePath: string): string | undefined {
  const end = relativePath.replace(/\/$/, '').indexOf('/');
  return end < 0 ? undefined : classNameOf(relativePath.slice(0, end));
}

/** The top-level folder of the path, not counting the archive itself. */
export function classInArchive(relativePath: string, archive: string): string | undefined {
  const outside = archive.split('/').slice(0, -1);
  const inside = relativePath.slice(archive === '' ? 0 : archive.length + 1).split('/');
  return [...outside, ...inside.slice(0, -1)][0];
}
