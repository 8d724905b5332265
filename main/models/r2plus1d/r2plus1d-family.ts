/** The named networks for clips: torchvision's, a deeper one as its teacher, and a small one for small frames. */
import type { R2plus1dConfig } from './r2plus1d-config.ts';

type Shape = Omit<R2plus1dConfig, 'classes'>;

const r2plus1d = (layers: readonly number[]): Shape => ({
  ...{ family: 'r2plus1d', layers, width: 64, stem: 'imagenet', frames: 8 },
});

export const r2plus1dFamily = {
  r2plus1d_18: r2plus1d([2, 2, 2, 2]),
  r2plus1d_34: r2plus1d([3, 4, 6, 3]),
  'small-clips': { family: 'r2plus1d', layers: [1, 1, 1], width: 16, stem: 'small', frames: 8 },
} as const satisfies Readonly<Record<string, Shape>>;
