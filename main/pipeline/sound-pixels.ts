/**
 * Work that reads pixels from the cache only notices damage where it reads. Damaged pixels are then decoded again from
 * their files, and the work is called again; it continues from where it was, or gives the same result.
 */
import { squaresIn } from '../images/squares.ts';
import type { Damage } from '../stored-data.ts';
import { CollectionChanged, changedMessage } from './collection.ts';
import { type DecodedOnce, type DecodeRequest, decodeTo } from './decode-once.ts';
import { withMended } from './with-mended.ts';

/**
 * For this cache. Throws `CollectionChanged` if an image with damaged pixels no longer exists, and what `decodeTo`
 * throws.
 */
export async function withSoundPixels<T>(
  request: DecodeRequest,
  { cacheDirectory, cacheSizePx }: DecodedOnce['cache'],
  work: () => Promise<T>,
): Promise<T> {
  const squares = squaresIn(cacheDirectory) ?? { sizePx: cacheSizePx, filter: 'linear' };
  return await withMendedPixels(request, (suspects) => decodeTo(request, squares, suspects), work);
}

/** The same for a cache that `decodeAgain` brings up to date. */
export async function withMendedPixels<T>(
  request: DecodeRequest,
  decodeAgain: (suspects: ReadonlySet<string>) => Promise<DecodedOnce>,
  work: () => Promise<T>,
): Promise<T> {
  const mend = async ({ path, what, damage }: Damage) => {
    request.tell({ kind: 'noted', message: `${what} is damaged (${path}: ${damage}).` });
    const { lost } = await decodeAgain(new Set([path]));
    if (lost.length > 0) throw new CollectionChanged(changedMessage(lost.length));
  };
  return await withMended('pixels', mend, work);
}
