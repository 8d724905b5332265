/**
 * A batch of images in the form that a program takes: normalised numbers; or the cached pixels and a view of each
 * image, from which a device that takes pixels computes the numbers itself.
 */
import type { DeviceTraits, TensorData } from '../engines/engine.ts';
import { centredView, viewLength } from '../images/augment.ts';
import type { ImageInputOptions } from '../models/image-input.ts';
import { preprocessingOf } from '../models/model-preprocessing.ts';
import { framesOf, shownShape } from '../models/network.ts';
import { sampleLength, sampleShape } from '../sample-shape.ts';
import type { TrainRequest } from './train-request.ts';

export type ShownImages =
  | {
      readonly kind: 'numbers';
      /** [batch, 3, size, size], or for clips [batch, 3, frames, size, size], normalised. */
      readonly images: Float32Array<ArrayBuffer>;
    }
  | {
      readonly kind: 'pixels';
      /** [batch, side, side, 3], or for clips [batch, frames, side, side, 3]. */
      readonly pixels: Uint8Array<ArrayBuffer>;
      /** [batch, 4, size]; see `images/augment.ts`. */
      readonly views: Float32Array<ArrayBuffer>;
    };

/**
 * Whether a training's program takes pixels: the device supports it, and the numbers need no processing on the host
 * first.
 */
export function shownAsPixels({ mix }: Pick<TrainRequest, 'mix'>, { takesPixels }: DeviceTraits): boolean {
  return takesPixels && !mix;
}

/** The image input of a training's program. */
export function imagesOf(
  request: Pick<TrainRequest, 'network' | 'imageSizePx' | 'preprocessing' | 'asPixels'> & {
    readonly data: Pick<TrainRequest['data'], 'cacheSizePx'>;
  },
  batch: number,
): ImageInputOptions {
  const { network, imageSizePx, asPixels, data } = request;
  const { mean, deviation } = preprocessingOf(request);
  const pixels = asPixels ? { sizePx: data.cacheSizePx, mean, deviation } : undefined;
  return { network, imageSizePx, batch, pixels };
}

/** A new batch to fill. */
export function emptyImages({ network, imageSizePx, batch, pixels }: ImageInputOptions): ShownImages {
  if (!pixels) {
    return { kind: 'numbers', images: new Float32Array(batch * sampleLength(shownShape(network, imageSizePx))) };
  }
  return {
    kind: 'pixels',
    pixels: new Uint8Array(batch * sampleLength(sampleShape(pixels.sizePx, framesOf(network)))),
    views: new Float32Array(batch * viewLength(imageSizePx)),
  };
}

/** A batch without pixels yet; its views are those of the evaluation transform, the centre of each image. */
export function evaluatedImages(input: ImageInputOptions): ShownImages {
  const images = emptyImages(input);
  if (!input.pixels || images.kind === 'numbers') return images;
  const { imageSizePx, pixels } = input;
  for (let at = 0; at < images.views.length; at += viewLength(imageSizePx)) {
    centredView(pixels.sizePx, { views: images.views, viewOffset: at }, imageSizePx);
  }
  return images;
}

/** Throws for pixels, which is a bug. */
export function numbersOf(shown: ShownImages): Float32Array<ArrayBuffer> {
  if (shown.kind !== 'numbers') throw new Error('the images are pixels, not numbers');
  return shown.images;
}

/** Throws for numbers, which is a bug. */
export function pixelsOf(shown: ShownImages): Extract<ShownImages, { kind: 'pixels' }> {
  if (shown.kind !== 'pixels') throw new Error('the images are numbers, not pixels');
  return shown;
}

/** Keyed by the names of the program's inputs. */
export function imageTensors(shown: ShownImages): [string, TensorData][] {
  if (shown.kind === 'numbers') return [['images', shown.images]];
  return [
    ['pixels', shown.pixels],
    ['views', shown.views],
  ];
}

/** Applies `of` to each of its arrays. */
export function eachOf(shown: ShownImages, of: <Data extends TensorData>(data: Data) => Data): ShownImages {
  return shown.kind === 'numbers'
    ? { ...shown, images: of(shown.images) }
    : { ...shown, pixels: of(shown.pixels), views: of(shown.views) };
}
