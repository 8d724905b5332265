/**
 * The form in which a network's program takes images: as normalised numbers, or as pixels, from which the program
 * computes them. Pixels are a quarter of the bytes, and the device does all the resampling.
 */
import type { GraphBuilder } from '../graph/graph-builder.ts';
import { samplePixels } from '../graph/ops/sample-pixels.ts';
import type { Value } from '../graph/program.ts';
import { batchShape } from '../sample-shape.ts';
import { viewLines } from '../view-lines.ts';
import type { ModelPreprocessing } from './model-preprocessing.ts';
import { framesOf, type NetworkConfig, shownShape } from './network.ts';

/** The side of the square images, and what normalises their levels. */
export interface PixelInput extends Pick<ModelPreprocessing, 'mean' | 'deviation'> {
  readonly sizePx: number;
}

export interface ImageInputOptions {
  readonly network: NetworkConfig;
  readonly batch: number;
  readonly imageSizePx: number;
  /** If given, the inputs are `pixels` and `views` (`samplePixels`) instead of `images`. */
  readonly pixels?: PixelInput | undefined;
}

/** Adds the inputs; returns [batch, 3, size, size], or for clips [batch, 3, frames, size, size]. */
export function imageInput(graph: GraphBuilder, { network, batch, imageSizePx, pixels }: ImageInputOptions): Value {
  if (!pixels) return graph.input('images', batchShape(batch, shownShape(network, imageSizePx)));
  const { sizePx, mean, deviation } = pixels;
  const frames = framesOf(network);
  const squares = [batch, ...(frames === undefined ? [] : [frames]), sizePx, sizePx, 3];
  const inputs = [
    graph.input('pixels', squares, 'uint8'),
    graph.input('views', [batch, viewLines.length, imageSizePx]),
  ];
  const [red, green, blue] = deviation;
  return graph.applyOne(samplePixels, inputs, {
    scale: [1 / 255 / red, 1 / 255 / green, 1 / 255 / blue],
    shift: [-mean[0] / red, -mean[1] / green, -mean[2] / blue],
  });
}
