/** The named residual networks: torchvision's, the paper's, and two small ones for small images. */
import type { ResidualConfig } from './residual-config.ts';

type Shape = Omit<ResidualConfig, 'classes'>;

const imagenet = { width: 64, groups: 1, widthPerGroup: 64, stem: 'imagenet' } as const;
const basic = (layers: readonly number[]): Shape => ({ ...imagenet, block: 'basic', layers });
const bottleneck = (layers: readonly number[], groups = 1, widthPerGroup = 64): Shape => ({
  ...imagenet,
  block: 'bottleneck',
  layers,
  groups,
  widthPerGroup,
});

export const residualFamily = {
  resnet18: basic([2, 2, 2, 2]),
  resnet34: basic([3, 4, 6, 3]),
  resnet50: bottleneck([3, 4, 6, 3]),
  resnet101: bottleneck([3, 4, 23, 3]),
  resnet152: bottleneck([3, 8, 36, 3]),
  resnext50_32x4d: bottleneck([3, 4, 6, 3], 32, 4),
  resnext101_32x4d: bottleneck([3, 4, 23, 3], 32, 4),
  resnext101_32x8d: bottleneck([3, 4, 23, 3], 32, 8),
  resnext101_32x16d: bottleneck([3, 4, 23, 3], 32, 16),
  resnext101_32x48d: bottleneck([3, 4, 23, 3], 32, 48),
  'small-basic': { block: 'basic', layers: [1, 1, 1], width: 16, groups: 1, widthPerGroup: 64, stem: 'small' },
  'small-grouped': { block: 'bottleneck', layers: [1, 1], width: 16, groups: 4, widthPerGroup: 16, stem: 'small' },
} as const satisfies Readonly<Record<string, Shape>>;
