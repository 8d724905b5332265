/** Groups of near-copies among all images of a pixel cache, by their fingerprints. */
import { NearPictures } from './near-pictures.ts';
import { openPixelCache } from './pixel-cache.ts';

export interface CopiesRequest {
  readonly imageIds: Int32Array;
  readonly cacheDirectory: string;
  readonly cacheSizePx: number;
}

export interface CopiesProgress {
  /** From 0 to 1. */
  readonly share: number;
}

/** The part that is spent on reading fingerprints. */
const READING = 0.25;

/**
 * Groups of at least two, the largest first, ids ascending; images that are not in the cache are skipped. `between` is
 * called again and again between comparisons, with the share that is done, and may throw.
 */
export function copiesAmong(request: CopiesRequest, between: (share: number) => void = () => {}): number[][] {
  const { imageIds, cacheDirectory, cacheSizePx } = request;
  const [pictures, ids] = [new NearPictures(), new Int32Array(imageIds.length)];
  const cache = openPixelCache(cacheDirectory, cacheSizePx);
  try {
    for (const [place, id] of imageIds.entries()) {
      between((READING * place) / imageIds.length);
      if (cache.has(id)) ids[pictures.add(cache.fingerprint(id))] = id;
    }
  } finally {
    cache.close();
  }
  const { order, sets } = pictures.compared((share) => between(READING + (1 - READING) * share));
  // From places to ids.
  for (const [place, picture] of order.entries()) order[place] = ids[picture] as number;
  return sets.groups(order);
}
