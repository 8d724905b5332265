/** From 8-bit levels to a network's inputs: each channel minus its mean, divided by its deviation. */

/** For red, green and blue, with pixels from 0 to 1. */
export interface Normalisation {
  readonly mean: readonly [number, number, number];
  readonly deviation: readonly [number, number, number];
}

/** For each channel, the normalised value of each of the 256 levels. */
export type Levels = readonly [Float32Array, Float32Array, Float32Array];

/** ImageNet's channel statistics, the default for networks that specify none. */
export const IMAGENET: Normalisation = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

export function levelsOf({ mean, deviation }: Normalisation): Levels {
  const of = (channel: 0 | 1 | 2) =>
    Float32Array.from({ length: 256 }, (_, level) => (level / 255 - mean[channel]) / deviation[channel]);
  return [of(0), of(1), of(2)];
}

export const normalised = levelsOf(IMAGENET);
