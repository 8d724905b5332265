/**
 * The shape of an R(2+1)D network (Tran et al., 2018: each 3-D convolution is a 2-D one within the frames and a 1-D one over
 * time), and its tensors under torchvision's names.
 */
import type { Shape } from '../../graph/program.ts';

export const r2plus1dStems = ['imagenet', 'small'] as const;

export interface R2plus1dConfig {
  readonly family: 'r2plus1d';
  /** Blocks per stage. */
  readonly layers: readonly number[];
  /** Channels of the first stage; each further stage doubles them. */
  readonly width: number;
  /** `imagenet`: 7×7/2 within the frames; `small`: 3×3/1, for frames of about 32 pixels. */
  readonly stem: (typeof r2plus1dStems)[number];
  /** Frames per input clip. */
  readonly frames: number;
  readonly classes: number;
}

/** A convolution within the frames to `inner` channels, a batch norm, a ReLU, and a convolution over three frames. */
export interface Factored {
  /** For example layer1.0.conv1.0, of which 0, 1 and 3 are the parts. */
  readonly name: string;
  readonly inChannels: number;
  readonly inner: number;
  readonly outChannels: number;
  /** Side of the kernel within the frames. */
  readonly kernel: number;
  readonly stride: { readonly frames: number; readonly px: number };
}

export interface R2plus1dBlock {
  /** For example layer2.0 */
  readonly name: string;
  readonly first: Factored;
  readonly second: Factored;
  /** The shortcut is a convolution if the shape changes. */
  readonly downsample: boolean;
}

const STEM_INNER_SHARE = 45 / 64;

/** In torchvision the stem's 45 intermediate channels are a constant, for a width of 64. */
export function stemOf({ stem, width }: R2plus1dConfig): Factored {
  const inner = Math.max(1, Math.round(STEM_INNER_SHARE * width));
  const large = stem === 'imagenet';
  const stride = { frames: 1, px: large ? 2 : 1 };
  return { name: 'stem', inChannels: 3, inner, outChannels: width, kernel: large ? 7 : 3, stride };
}

export function blocksOf(config: R2plus1dConfig): R2plus1dBlock[] {
  let inChannels = config.width;
  return config.layers.flatMap((count, stage) => {
    const outChannels = config.width * 2 ** stage;
    return Array.from({ length: count }, (_, index) => {
      const step = stage > 0 && index === 0 ? 2 : 1;
      const name = `layer${stage + 1}.${index}`;
      // Gives as many parameters as the 3-D convolution of the block's first half would have.
      const inner = Math.floor((27 * inChannels * outChannels) / (9 * inChannels + 3 * outChannels));
      const factored = (half: string, channels: number, by: number): Factored => ({
        ...{ name: `${name}.${half}.0`, inChannels: channels, inner, outChannels, kernel: 3 },
        stride: { frames: by, px: by },
      });
      const block = {
        ...{ name, first: factored('conv1', inChannels, step), second: factored('conv2', outChannels, 1) },
        downsample: step !== 1 || inChannels !== outChannels,
      };
      inChannels = outChannels;
      return block;
    });
  });
}

/** Channels of the features that the classifier sees. */
export function featureCount({ width, layers }: R2plus1dConfig): number {
  return width * 2 ** (layers.length - 1);
}

/** Every tensor of a model file, in torchvision's order, without `num_batches_tracked`. */
export function parameterShapes(config: R2plus1dConfig): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  const batchNorm = (name: string, channels: number) => {
    for (const part of ['weight', 'bias', 'running_mean', 'running_var']) shapes.set(`${name}.${part}`, [channels]);
  };
  const factored = ({ name, inChannels, inner, outChannels, kernel }: Factored) => {
    shapes.set(`${name}.0.weight`, [inner, inChannels, 1, kernel, kernel]);
    batchNorm(`${name}.1`, inner);
    shapes.set(`${name}.3.weight`, [outChannels, inner, 3, 1, 1]);
  };
  factored(stemOf(config));
  batchNorm('stem.4', config.width);
  for (const { name, first, second, downsample } of blocksOf(config)) {
    factored(first);
    batchNorm(`${name}.conv1.1`, first.outChannels);
    factored(second);
    batchNorm(`${name}.conv2.1`, second.outChannels);
    if (downsample) {
      shapes.set(`${name}.downsample.0.weight`, [first.outChannels, first.inChannels, 1, 1, 1]);
      batchNorm(`${name}.downsample.1`, first.outChannels);
    }
  }
  shapes.set('fc.weight', [config.classes, featureCount(config)]);
  shapes.set('fc.bias', [config.classes]);
  return shapes;
}
