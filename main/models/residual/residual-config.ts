/** The shape of a residual network (He et al., 2015; Xie et al., 2016), and its tensors under torchvision's names. */
import type { Shape } from '../../graph/program.ts';

export const residualBlocks = ['basic', 'bottleneck'] as const;
export const residualStems = ['imagenet', 'small'] as const;

export interface ResidualConfig {
  /** Absent: all networks were residual before other families existed. */
  readonly family?: undefined;
  readonly block: (typeof residualBlocks)[number];
  /** Blocks per stage. */
  readonly layers: readonly number[];
  /** Channels of the stem and of the first stage's planes; each further stage doubles them. */
  readonly width: number;
  readonly groups: number;
  /** Channels per group in a bottleneck's 3×3, for 64 planes. */
  readonly widthPerGroup: number;
  /** `imagenet`: 7×7/2 and 3×3/2 max pooling; `small`: 3×3/1, for images of about 32 pixels. */
  readonly stem: (typeof residualStems)[number];
  readonly classes: number;
}

/** One residual block, derived from the configuration. */
export interface BlockShape {
  /** For example layer2.0 */
  readonly name: string;
  readonly inChannels: number;
  readonly outChannels: number;
  /** Channels between a bottleneck's 1×1 convolutions; for a basic block, those of its output. */
  readonly innerChannels: number;
  readonly stride: number;
  /** The shortcut is a convolution if the shape changes. */
  readonly downsample: boolean;
}

export function blockShapes(config: ResidualConfig): BlockShape[] {
  const expansion = config.block === 'basic' ? 1 : 4;
  const blocks: BlockShape[] = [];
  let inChannels = config.width;
  config.layers.forEach((count, stage) => {
    const planes = config.width * 2 ** stage;
    const outChannels = planes * expansion;
    const innerChannels =
      config.block === 'basic' ? outChannels : Math.floor((planes * config.widthPerGroup) / 64) * config.groups;
    for (let index = 0; index < count; index++) {
      const stride = stage > 0 && index === 0 ? 2 : 1;
      const downsample = stride !== 1 || inChannels !== outChannels;
      const name = `layer${stage + 1}.${index}`;
      blocks.push({ name, inChannels, outChannels, innerChannels, stride, downsample });
      inChannels = outChannels;
    }
  });
  return blocks;
}

/** Channels of the features that the classifier sees. */
export function featureCount(config: ResidualConfig): number {
  return blockShapes(config).at(-1)?.outChannels ?? config.width;
}

/** Every tensor of a model file, in torchvision's order, without `num_batches_tracked`. */
export function parameterShapes(config: ResidualConfig): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  const batchNorm = (name: string, channels: number) => {
    for (const part of ['weight', 'bias', 'running_mean', 'running_var']) shapes.set(`${name}.${part}`, [channels]);
  };
  const stemKernel = config.stem === 'imagenet' ? 7 : 3;
  shapes.set('conv1.weight', [config.width, 3, stemKernel, stemKernel]);
  batchNorm('bn1', config.width);
  for (const block of blockShapes(config)) {
    blockConvolutions(config, block).forEach(({ shape, channels }, index) => {
      shapes.set(`${block.name}.conv${index + 1}.weight`, shape);
      batchNorm(`${block.name}.bn${index + 1}`, channels);
    });
    if (block.downsample) {
      shapes.set(`${block.name}.downsample.0.weight`, [block.outChannels, block.inChannels, 1, 1]);
      batchNorm(`${block.name}.downsample.1`, block.outChannels);
    }
  }
  shapes.set('fc.weight', [config.classes, featureCount(config)]);
  shapes.set('fc.bias', [config.classes]);
  return shapes;
}

function blockConvolutions(config: ResidualConfig, block: BlockShape): { shape: Shape; channels: number }[] {
  const { inChannels, innerChannels, outChannels } = block;
  if (config.block === 'basic') {
    return [
      { shape: [outChannels, inChannels, 3, 3], channels: outChannels },
      { shape: [outChannels, outChannels, 3, 3], channels: outChannels },
    ];
  }
  return [
    { shape: [innerChannels, inChannels, 1, 1], channels: innerChannels },
    { shape: [innerChannels, innerChannels / config.groups, 3, 3], channels: innerChannels },
    { shape: [outChannels, innerChannels, 1, 1], channels: outChannels },
  ];
}
