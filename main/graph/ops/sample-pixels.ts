import { viewLines } from '../../view-lines.ts';
import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { dimension, ShapeMismatch } from '../program.ts';

export interface SamplePixelsAttributes {
  /** For red, green and blue: a level from 0 to 255 becomes level · scale + shift. */
  readonly scale: readonly [number, number, number];
  readonly shift: readonly [number, number, number];
}

/**
 * [uint8 pixels [N, S, S, 3], or for clips [N, frames, S, S, 3], views [N, 4, size]] → [N, 3, (frames,) size, size]: a
 * part of each image, sampled bilinearly and normalised for the network. Positions of rows and columns are from 0 to S
 * − 1. All frames of a clip have the same view.
 */
export const samplePixels: OpDefinition<'samplePixels', SamplePixelsAttributes> = {
  kind: 'samplePixels',
  infer(inputs) {
    const [pixels, views] = [nth(inputs, 0), nth(inputs, 1)];
    const [batch, side] = [dimension(pixels.shape, 0), dimension(pixels.shape, pixels.shape.length - 2)];
    const frames = pixels.shape.slice(1, -3);
    const isSquare = dimension(pixels.shape, pixels.shape.length - 3) === side && pixels.shape.at(-1) === 3;
    if (pixels.dtype !== 'uint8' || frames.length > 1 || !isSquare) {
      throw new ShapeMismatch(`${pixels.dtype} [${pixels.shape.join()}] are no squares of pixels`);
    }
    const size = dimension(views.shape, 2);
    if (views.shape.join() !== [batch, viewLines.length, size].join()) {
      throw new ShapeMismatch(`views [${views.shape.join()}] of ${batch} images`);
    }
    return [{ shape: [batch, 3, ...frames, size, size], dtype: 'float32' }];
  },
};
