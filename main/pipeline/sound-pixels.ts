/**
 * Work that reads pixels from the cache meets damage only where it reads. What is damaged is then decoded again from its
 * files, and the work called again, which goes on from where it was or gives the same outcome.
 */
import { squaresIn } from '../images/squares.ts';
import type { Damage } from '../stored-data.ts';
import { CollectionChanged, changedMessage } from './collection.ts';
import { type DecodedOnce, type DecodeRequest, decodeTo } from './decode-once.ts';
import { withMended } from './with-mended.ts';

/** For this cache. Throws `CollectionChanged` where an image whose pixels were damaged has gone, and what `decodeTo` throws. */
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
