/**
 * Which images may be chosen if a selection is limited to a share of them: drawn by the seed, so that a smaller share
 * is a subset of every larger one.
 */
import { mix32 } from '../random.ts';

/** Keeps this draw independent of that for a random order. */
const POOL = 0x9001;

export function poolOf(share: number, seed: number): (imageId: number) => boolean {
  if (share >= 1) return () => true;
  const [pool, below] = [mix32(seed + POOL), share * 2 ** 32];
  return (imageId) => mix32(imageId ^ pool) < below;
}
