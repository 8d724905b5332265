/**
 * How images come into a network's program: as the numbers that it is shown, or as pixels, of which the program makes them; a quarter of
 * the bytes, and nobody but the device resamples.
 */
import type { GraphBuilder } from '../graph/graph-builder.ts';
import { samplePixels, viewLines } from '../graph/ops/sample-pixels.ts';
import type { Value } from '../graph/program.ts';
import { batchShape } from '../sample-shape.ts';
import type { ModelPreprocessing } from './model-preprocessing.ts';
import { framesOf, type NetworkConfig, shownShape } from './network.ts';

/** Squares of pixels of this side, and by what their levels become numbers. */
export interface PixelInput extends Pick<ModelPreprocessing, 'mean' | 'deviation'> {
  readonly sizePx: number;
}

export interface ImageInputOptions {
  readonly network: NetworkConfig;
  readonly batch: number;
  readonly imageSizePx: number;
  /** Inputs `pixels` and `views` (`samplePixels`) instead of `images`. */
  readonly pixels?: PixelInput | undefined;
}

/** Adds the inputs; gives [batch, 3, size, size], or of clips [batch, 3, frames, size, size]. */
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
