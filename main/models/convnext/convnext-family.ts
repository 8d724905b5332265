/** The named ConvNeXts: torchvision's, and one for small images. */
import type { ConvNextConfig } from './convnext-config.ts';

type Shape = Omit<ConvNextConfig, 'classes'>;

const convNext = (depths: readonly number[], width: number, patchPx = 4): Shape => ({
  family: 'convnext',
  depths,
  widths: depths.map((_, stage) => width * 2 ** stage),
  patchPx,
});

export const convNextFamily = {
  convnext_tiny: convNext([3, 3, 9, 3], 96),
  convnext_small: convNext([3, 3, 27, 3], 96),
  convnext_base: convNext([3, 3, 27, 3], 128),
  'small-convnext': convNext([1, 1, 1], 16, 2),
} as const satisfies Readonly<Record<string, Shape>>;
