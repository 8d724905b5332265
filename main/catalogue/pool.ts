/** Which images may be chosen where a selection is of a share of them: drawn by the seed, a smaller share out of every larger one. */
import { mix32 } from '../random.ts';

/** Keeps this draw apart from that of a random order. */
const POOL = 0x9001;

export function poolOf(share: number, seed: number): (imageId: number) => boolean {
  if (share >= 1) return () => true;
  const [pool, below] = [mix32(seed + POOL), share * 2 ** 32];
  return (imageId) => mix32(imageId ^ pool) < below;
}
