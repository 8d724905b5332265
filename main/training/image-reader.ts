/** Fills inference batches from a pixel cache or straight from image files, with the evaluation transform. */

import { at } from '../at.ts';
import { centreCrop } from '../images/augment.ts';
import { decodeSample } from '../images/clips/decode-sample.ts';
import { ImageUnreachable, ImageUnreadable } from '../images/image-failures.ts';
import { type ImageLocator, placeOf } from '../images/image-locator.ts';
import { levelsOf } from '../images/normalise.ts';
import { Patience } from '../images/patience.ts';
import { openPixelCache } from '../images/pixel-cache.ts';
import { cachedShape, type Squares } from '../images/squares.ts';
import {
  type ModelPreprocessing,
  preprocessingOf,
  standardCropShare,
  standardPreprocessing,
} from '../models/model-preprocessing.ts';
import { framesOf, type NetworkConfig, shownShape } from '../models/network.ts';
import type { Extractor } from '../models/onnx/feature-extractor.ts';
import { type SampleShape, sampleLength, sampleShape } from '../sample-shape.ts';
import { cachedFrames, framesShown } from './frames-shown.ts';
import type { FileSource, ImageSource, ScoredBatch } from './predict-request.ts';
import type { CachedImages } from './train-request.ts';

export interface ImageReader {
  /**
   * Writes `count` normalised images, from index `first` on, into `target` [batch, 3, size, size], or clips [batch, 3,
   * frames, size, size].
   */
  fill(first: number, count: number, target: Float32Array): Promise<ScoredBatch['unreadable']>;
  close(): void;
}

/**
 * The side of the squares that images are decoded to, for a network with inputs of `imageSizePx` and this crop share.
 */
export function decodedSizePx(imageSizePx: number, cropShare: number = standardCropShare(imageSizePx)): number {
  return Math.round(imageSizePx / cropShare);
}

/** The squares of which a network with inputs of `imageSizePx` sees the centre. */
export function squaresFor(
  imageSizePx: number,
  { cropShare, interpolation }: Shown = standardPreprocessing(imageSizePx),
): Squares {
  return { sizePx: decodedSizePx(imageSizePx, cropShare), filter: interpolation };
}

/** The squares that images are decoded to for a feature extractor. */
export function squaresLookedAt({ preprocessing }: Pick<Extractor, 'preprocessing'>): Squares {
  return squaresFor(preprocessing.sizePx, preprocessing);
}

type Shown = Pick<ModelPreprocessing, 'cropShare' | 'interpolation'>;

export function openImageReader(source: ImageSource, model: ShownModel): ImageReader {
  return source.kind === 'cache' ? cacheReader(source, model) : fileReader(source, model);
}

/** The part of a model that describes its preprocessing. */
type ShownModel = Parameters<typeof preprocessingOf>[0] & { readonly network?: NetworkConfig };

/**
 * Writes the centre of a decoded picture, or of the frames of a clip that the model sees, as the `index`-th of a batch.
 */
function placer(model: ShownModel, decoded: SampleShape, sizePx: number) {
  const { imageSizePx, network } = model;
  const levels = levelsOf(preprocessingOf(model));
  const shown = network ? shownShape(network, imageSizePx) : sampleShape(imageSizePx, undefined);
  const { first, count } = framesShown(decoded, shown);
  const [length, frameLength, frameBytes] = [sampleLength(shown), imageSizePx ** 2, 3 * sizePx ** 2];
  return (pixels: Uint8Array, target: Float32Array, index: number) => {
    for (let frame = 0; frame < count; frame++) {
      const own = pixels.subarray((first + frame) * frameBytes, (first + frame + 1) * frameBytes);
      const place = index * length + frame * frameLength;
      centreCrop(own, sizePx, target, place, imageSizePx, levels, count * frameLength);
    }
  };
}

function cacheReader(source: CachedImages, model: ShownModel): ImageReader {
  const cache = openPixelCache(source.cacheDirectory, source.cacheSizePx);
  const shape = cachedShape(source.cacheDirectory, source.cacheSizePx);
  const pixels = new Uint8Array(sampleLength(shape));
  const place = placer(model, shape, source.cacheSizePx);
  return {
    async fill(first, count, target) {
      for (let index = 0; index < count; index++) {
        cache.read(at(source.imageIds, first + index), pixels, 0);
        place(pixels, target, index);
      }
      return [];
    },
    close: () => cache.close(),
  };
}

function fileReader({ images, cached, frames }: FileSource, model: ShownModel): ImageReader {
  const own = model.network && framesOf(model.network);
  const decoded = frames ?? (own === undefined ? undefined : cachedFrames(own));
  const squares = { ...squaresFor(model.imageSizePx, preprocessingOf(model)), frames: decoded };
  const shape = sampleShape(squares.sizePx, decoded);
  const cache = cached && openPixelCache(cached.cacheDirectory, cached.cacheSizePx);
  const known = (place: number) => {
    const id = cached ? at(cached.imageIds, place) : -1;
    if (!cache || id < 0) return undefined;
    const pixels = new Uint8Array(sampleLength(shape));
    cache.read(id, pixels, 0);
    return pixels;
  };
  const reader = openFiles(images, squares, placer(model, shape, squares.sizePx), known);
  const close = () => {
    reader.close();
    cache?.close();
  };
  return { ...reader, close };
}

/**
 * Decodes one batch ahead, so that decoding and computing overlap. A file that is damaged or missing is reported and
 * skipped; a folder that does not respond ends the work (`SourceAway`). `place` writes a picture, [sizePx, sizePx, 3],
 * or a clip as the `index`-th of a batch. `known` returns the pixels of an image that was decoded before, by its index.
 */
export function openFiles(
  images: readonly ImageLocator[],
  squares: Squares,
  place: (pixels: Uint8Array, target: Float32Array, index: number) => void,
  known: (place: number) => Uint8Array | undefined = () => undefined,
): ImageReader {
  const patience = new Patience();
  const decode = (first: number, count: number) =>
    Promise.allSettled(
      images
        .slice(first, first + count)
        .map(
          async (image, index) =>
            known(first + index) ??
            (await decodeSample(image, squares, (work) => patience.tried(placeOf(image), work))),
        ),
    );
  let ahead: { first: number; decoded: ReturnType<typeof decode> } | undefined;
  return {
    async fill(first, count, target) {
      const decoded = await (ahead?.first === first ? ahead.decoded : decode(first, count));
      ahead = { first: first + count, decoded: decode(first + count, count) };
      const unreadable: { place: number; reason: string }[] = [];
      decoded.forEach((result, index) => {
        if (result.status === 'fulfilled') place(result.value, target, index);
        else unreadable.push({ place: first + index, reason: reasonOfOne(result.reason) });
      });
      return unreadable;
    },
    close: () => {},
  };
}

/** Rethrows errors that do not concern a single image. */
function reasonOfOne(error: unknown): string {
  if (error instanceof ImageUnreadable || error instanceof ImageUnreachable) return error.message;
  throw error;
}
