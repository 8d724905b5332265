/** Mixing pairs of a batch: mixup (Zhang et al., 2018) and CutMix (Yun et al., 2019). */
import type { CounterRandom } from '../random.ts';

export const mixes = ['mixup', 'cutmix'] as const;

export interface BatchMix {
  readonly kind: (typeof mixes)[number];
  /** Both parameters of the Beta distribution of the mixing share. */
  readonly alpha: number;
}

export interface BatchShape {
  readonly batch: number;
  /** Planes of an image: three, or three per frame of a clip. */
  readonly channels: number;
  readonly sizePx: number;
  readonly classes: number;
}

/** Mixes each image with the one at the other end of the batch, and the targets [batch, classes] by the same share. */
export function mixBatch(
  images: Float32Array,
  targets: Float32Array,
  shape: BatchShape,
  mix: BatchMix,
  random: CounterRandom,
): void {
  const drawn = random.beta(mix.alpha, mix.alpha);
  const share = mix.kind === 'mixup' ? blendImages(images, shape, drawn) : exchangeBox(images, shape, drawn, random);
  blendPairs(targets, shape.batch, shape.classes, share);
}

/** Returns the share of the own image. */
function blendImages(images: Float32Array, { batch, channels, sizePx }: BatchShape, share: number): number {
  blendPairs(images, batch, channels * sizePx * sizePx, share);
  return share;
}

/** row[i] ← share·row[i] + (1 − share)·row[n − 1 − i], for both rows of a pair at once. */
function blendPairs(values: Float32Array, rows: number, length: number, share: number): void {
  for (let row = 0; row < rows >> 1; row++) {
    const other = rows - 1 - row;
    for (let i = 0; i < length; i++) {
      const a = values[row * length + i] as number;
      const b = values[other * length + i] as number;
      values[row * length + i] = share * a + (1 - share) * b;
      values[other * length + i] = share * b + (1 - share) * a;
    }
  }
}

/** Exchanges one box between the images of each pair; returns the share of the image that remains its own. */
function exchangeBox(images: Float32Array, shape: BatchShape, share: number, random: CounterRandom): number {
  const { batch, channels, sizePx } = shape;
  const side = Math.round(sizePx * Math.sqrt(1 - share));
  const left = random.integer(sizePx - side + 1);
  const top = random.integer(sizePx - side + 1);
  const length = channels * sizePx * sizePx;
  for (let row = 0; row < batch >> 1; row++) {
    const other = batch - 1 - row;
    for (let channel = 0; channel < channels; channel++) {
      for (let y = top; y < top + side; y++) {
        const at = (channel * sizePx + y) * sizePx + left;
        const held = images.slice(row * length + at, row * length + at + side);
        images.copyWithin(row * length + at, other * length + at, other * length + at + side);
        images.set(held, other * length + at);
      }
    }
  }
  return 1 - (side * side) / (sizePx * sizePx);
}
