import { at } from '../at.ts';

/** ImageNet's channel statistics, by which all networks of this family see images. */
export const MEAN = [0.485, 0.456, 0.406] as const;
export const DEVIATION = [0.229, 0.224, 0.225] as const;

/** For each channel, the normalised value of each of the 256 levels. */
export const normalised = [0, 1, 2].map((channel) =>
  Float32Array.from({ length: 256 }, (_, level) => (level / 255 - at(MEAN, channel)) / at(DEVIATION, channel)),
) as [Float32Array, Float32Array, Float32Array];
