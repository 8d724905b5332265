/**
 * The guards of the selection: an unlabelled image that repeats a held-out one would leak the answer into training, and
 * near-copies of one image would fill a class's top K with one picture.
 */
import { NearDuplicateIndex } from '../images/near-duplicates.ts';
import { openPixelCache } from '../images/pixel-cache.ts';
import type { Collection } from './collection.ts';

export interface Repeats {
  /** Sorted ids of the unlabelled images to leave out. */
  readonly excluded: Int32Array;
  readonly leaks: number;
  readonly nearDuplicates: number;
}

export function findRepeats(
  collection: Collection,
  guards: { readonly leakGuard: boolean; readonly nearDuplicateGuard: boolean },
): Repeats {
  const cache = openPixelCache(collection.cache.cacheDirectory, collection.cache.cacheSizePx);
  try {
    const heldOut = new NearDuplicateIndex();
    if (guards.leakGuard) for (const id of collection.heldOut.imageIds) heldOut.add(id, cache.fingerprint(id));
    const seen = new NearDuplicateIndex();
    const excluded: number[] = [];
    let leaks = 0;
    for (const id of collection.unlabelled) {
      const fingerprint = cache.fingerprint(id);
      if (guards.leakGuard && heldOut.find(fingerprint).length > 0) {
        excluded.push(id);
        leaks++;
      } else if (guards.nearDuplicateGuard) {
        if (seen.find(fingerprint).length > 0) excluded.push(id);
        else seen.add(id, fingerprint);
      }
    }
    return { excluded: Int32Array.from(excluded), leaks, nearDuplicates: excluded.length - leaks };
  } finally {
    cache.close();
  }
}
