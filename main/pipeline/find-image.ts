/** Finds the image that the user means: by its path, its path in a source, or its id. */
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { hasImage } from '../catalogue/images/image-record.ts';
import type { Project } from '../catalogue/project.ts';
import { imageAt, presentSources, problemAt } from '../catalogue/sources/present-sources.ts';
import { ExpectedFailure } from '../failure.ts';
import { visible } from '../visible.ts';

export class ImageNotKnown extends ExpectedFailure {}

export type FoundImage =
  | { readonly kind: 'image'; readonly id: number }
  /** A file that the last scan left out. */
  | { readonly kind: 'problem'; readonly folder: string; readonly relativePath: string; readonly reason: string };

interface PlaceInSource {
  readonly sourceId: number;
  readonly folder: string;
  readonly relativePath: string;
}

/** A relative path is resolved against `cwd` first, then against every source. Throws `ImageNotKnown`. */
export async function findImage(project: Project, given: string, cwd = process.cwd()): Promise<FoundImage> {
  const sources = await presentSources(project.database);
  const path = resolve(cwd, given);
  const there = sources.flatMap(({ id, folder }) => placeIn(id, folder, path));
  const byPath = await foundAt(project, there);
  const [first] = byPath;
  // Nested sources may contain the same file: the first match is as good as any.
  if (first) return first;
  const inSources = isAbsolute(given)
    ? []
    : sources.map(({ id, folder }) => ({ sourceId: id, folder, relativePath: given.split(sep).join('/') }));
  const named = await foundAt(project, inSources);
  const [only, ...others] = named;
  if (only && others.length > 0) {
    throw new ImageNotKnown(
      `${named.length} sources of this project have a file “${visible(given)}”: give its whole path.`,
    );
  }
  if (only) return only;
  const id = /^\d{1,10}$/.test(given) ? Number(given) : undefined;
  if (id !== undefined && (await hasImage(project.database, id))) return { kind: 'image', id };
  throw new ImageNotKnown(
    `No image of this project is “${visible(given)}”: give its path, its path in a source, or its number; a new file is found when its folder is added again.`,
  );
}

function placeIn(sourceId: number, folder: string, path: string): PlaceInSource[] {
  const inside = relative(folder, path);
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) return [];
  return [{ sourceId, folder, relativePath: inside.split(sep).join('/') }];
}

async function foundAt({ database }: Project, places: readonly PlaceInSource[]): Promise<FoundImage[]> {
  const found: FoundImage[] = [];
  for (const { sourceId, folder, relativePath } of places) {
    const id = await imageAt(database, sourceId, relativePath);
    if (id !== undefined) {
      // What the last scan found not to be an image any more has an id, and a reason too.
      found.push({ kind: 'image', id });
      continue;
    }
    const reason = await problemAt(database, sourceId, relativePath);
    if (reason !== undefined) found.push({ kind: 'problem', folder, relativePath, reason });
  }
  return found;
}
