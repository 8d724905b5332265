/**
 * The guards of the selection: an unlabelled image that repeats a held-out one would leak the answer into training, and
 * near-copies of one image would fill a class's top K with one picture.
 */
import { setImmediate } from 'node:timers/promises';
import { IdSet } from '../id-set.ts';
import { NearDuplicateIndex } from '../images/near-duplicates.ts';
import { openPixelCache } from '../images/pixel-cache.ts';

export interface ComparedImages {
  /** Sorted; when compared with one another, the first of the copies stays. */
  readonly candidates: Int32Array;
  readonly heldOut: Int32Array;
  readonly cache: { readonly cacheDirectory: string; readonly cacheSizePx: number };
}

export interface Repeats {
  /** Sorted ids of the candidates to leave out. */
  readonly excluded: Int32Array;
  /** Those of them that repeat a held-out image. */
  readonly leaks: IdSet;
  readonly nearDuplicates: number;
}

/** Yields to other work after this many images, such as requests on the workbench's thread. */
const IMAGES_AT_ONCE = 1024;

/** Images that are not in the cache are skipped. */
export async function findRepeats(
  { candidates, heldOut, cache: { cacheDirectory, cacheSizePx } }: ComparedImages,
  guards: { readonly leakGuard: boolean; readonly nearDuplicateGuard: boolean },
): Promise<Repeats> {
  const cache = openPixelCache(cacheDirectory, cacheSizePx);
  try {
    const held = new NearDuplicateIndex();
    if (guards.leakGuard) for (const id of heldOut) if (cache.has(id)) held.add(cache.fingerprint(id));
    const seen = new NearDuplicateIndex();
    const excluded: number[] = [];
    const leaks = new IdSet();
    for (const [index, id] of candidates.entries()) {
      if (index % IMAGES_AT_ONCE === 0) await setImmediate();
      if (!cache.has(id)) continue;
      const fingerprint = cache.fingerprint(id);
      if (guards.leakGuard && held.has(fingerprint)) {
        excluded.push(id);
        leaks.add(id);
      } else if (guards.nearDuplicateGuard) {
        if (seen.has(fingerprint)) excluded.push(id);
        else seen.add(fingerprint);
      }
    }
    return { excluded: Int32Array.from(excluded), leaks, nearDuplicates: excluded.length - leaks.size };
  } finally {
    cache.close();
  }
}
