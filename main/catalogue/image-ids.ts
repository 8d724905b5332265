/** Ids of images: stored in 64 bits, used in 32, and never given twice. */
import { ExpectedFailure } from '../failure.ts';
import type { Database } from './database.ts';

export class TooManyImages extends ExpectedFailure {}

const LAST_ID = 2 ** 31 - 1;

/** The first of the ids of `count` new images, which follow one another. Throws `TooManyImages`. */
export async function newImageIds(database: Pick<Database, 'number'>, count: number): Promise<number> {
  const first = await database.number('SELECT coalesce(max(id) + 1, 0) FROM images');
  if (first + count - 1 <= LAST_ID) return first;
  throw new TooManyImages(
    `A project can number ${(LAST_ID + 1).toLocaleString('en')} images, also those that are gone, and this one would need more: add the rest to another project.`,
  );
}
