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
import type { ImageInputOptions } from '../models/image-input.ts';
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
import { evaluatedImages, imagesOf, numbersOf, pixelsOf, type ShownImages } from './shown-images.ts';
import type { CachedImages } from './train-request.ts';

/** The default target holds normalised images [batch, 3, size, size], or clips [batch, 3, frames, size, size]. */
export interface ImageReader<Target = Float32Array> {
  /** Writes `count` images, from index `first` on, into `target`. */
  fill(first: number, count: number, target: Target): Promise<ScoredBatch['unreadable']>;
  close(): void;
}

/**
 * The side of the squares that images are decoded to, for a network with inputs of `imageSizePx` and this crop share.
 */
export function decodedSizePx(imageSizePx: number, cropShare: number = standardCropShare(imageSizePx)): number {
  return Math.round(imageSizePx / cropShare);
}

/** The image input of a program that is only measured, with preprocessing and squares as they are by default. */
export function measuredInput(
  { network, imageSizePx }: Pick<ImageInputOptions, 'network' | 'imageSizePx'>,
  batch: number,
  asPixels: boolean,
): ImageInputOptions {
  const data = { cacheSizePx: decodedSizePx(imageSizePx) };
  return imagesOf({ network, imageSizePx, asPixels, preprocessing: undefined, data }, batch);
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
  return openReader(source, model, numbersPlacer);
}

/** Reads batches in the form that the device takes. */
export interface ShownReader extends ImageReader<ShownImages> {
  /** The options for building a program for `batch` images, and for creating its input. */
  inputOf(batch: number): ImageInputOptions;
  /** A new batch to fill. */
  empty(batch: number): ShownImages;
}

export function openShownReader(
  source: ImageSource,
  model: ShownModel & { readonly network: NetworkConfig },
  asPixels: boolean,
): ShownReader {
  const { network, imageSizePx } = model;
  if (!asPixels) {
    const reader = openImageReader(source, model);
    const inputOf = (batch: number) => ({ network, imageSizePx, batch });
    return {
      inputOf,
      empty: (batch) => evaluatedImages(inputOf(batch)),
      fill: (first, count, target) => reader.fill(first, count, numbersOf(target)),
      close: () => reader.close(),
    };
  }
  const { mean, deviation, ...shown } = preprocessingOf(model);
  const sizePx = source.kind === 'cache' ? source.cacheSizePx : squaresFor(imageSizePx, shown).sizePx;
  const inputOf = (batch: number) => ({ network, imageSizePx, batch, pixels: { sizePx, mean, deviation } });
  const reader = openReader(source, model, pixelPlacer);
  return {
    inputOf,
    empty: (batch) => evaluatedImages(inputOf(batch)),
    fill: (first, count, target) => reader.fill(first, count, pixelsOf(target).pixels),
    close: () => reader.close(),
  };
}

function openReader<Target>(source: ImageSource, model: ShownModel, placer: Placer<Target>): ImageReader<Target> {
  return source.kind === 'cache' ? cacheReader(source, model, placer) : fileReader(source, model, placer);
}

/** The part of a model that describes its preprocessing. */
type ShownModel = Parameters<typeof preprocessingOf>[0] & { readonly network?: NetworkConfig };

/** Writes a decoded picture, or the frames of a clip that the model sees, as the `index`-th of a batch. */
type Place<Target> = (pixels: Uint8Array, target: Target, index: number) => void;
type Placer<Target> = (model: ShownModel, decoded: SampleShape, sizePx: number) => Place<Target>;

function shownOf({ imageSizePx, network }: ShownModel): SampleShape {
  return network ? shownShape(network, imageSizePx) : sampleShape(imageSizePx, undefined);
}

const pixelPlacer: Placer<Uint8Array> = (model, decoded, sizePx) => {
  const { first, count } = framesShown(decoded, shownOf(model));
  const frameBytes = 3 * sizePx ** 2;
  return (pixels, target, index) =>
    target.set(pixels.subarray(first * frameBytes, (first + count) * frameBytes), index * count * frameBytes);
};

/** Writes the centre of the image as normalised numbers. */
const numbersPlacer: Placer<Float32Array> = (model, decoded, sizePx) => {
  const { imageSizePx } = model;
  const levels = levelsOf(preprocessingOf(model));
  const shown = shownOf(model);
  const { first, count } = framesShown(decoded, shown);
  const [length, frameLength, frameBytes] = [sampleLength(shown), imageSizePx ** 2, 3 * sizePx ** 2];
  return (pixels, target, index) => {
    for (let frame = 0; frame < count; frame++) {
      const own = pixels.subarray((first + frame) * frameBytes, (first + frame + 1) * frameBytes);
      const place = index * length + frame * frameLength;
      centreCrop(own, sizePx, target, place, imageSizePx, levels, count * frameLength);
    }
  };
};

function cacheReader<Target>(source: CachedImages, model: ShownModel, placer: Placer<Target>): ImageReader<Target> {
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

function fileReader<Target>(
  { images, cached, frames }: FileSource,
  model: ShownModel,
  placer: Placer<Target>,
): ImageReader<Target> {
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
export function openFiles<Target = Float32Array>(
  images: readonly ImageLocator[],
  squares: Squares,
  place: Place<Target>,
  known: (place: number) => Uint8Array | undefined = () => undefined,
): ImageReader<Target> {
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
