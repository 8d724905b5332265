/** Fills inference batches from a pixel cache or straight from image files, with the evaluation transform. */

import { at } from '../at.ts';
import { centreCrop } from '../images/augment.ts';
import { decodeSquare } from '../images/decode.ts';
import { ImageUnreachable, ImageUnreadable } from '../images/image-failures.ts';
import { type ImageLocator, placeOf } from '../images/image-locator.ts';
import { openBytes } from '../images/open-bytes.ts';
import { Patience } from '../images/patience.ts';
import { openPixelCache } from '../images/pixel-cache.ts';
import type { ImageSource, ScoredBatch } from './predict-request.ts';
import type { CachedImages } from './train-request.ts';

/** Networks for images of this size and above see a centre crop of a larger image (PAPER: 224 out of 256). */
const CROPPED_FROM_SIZE_PX = 96;

export interface ImageReader {
  /** Writes `count` normalised images from place `first` on into `target` [batch, 3, size, size]. */
  fill(first: number, count: number, target: Float32Array): Promise<ScoredBatch['unreadable']>;
  close(): void;
}

/** The side of the square that images are decoded to, for a network that sees `imageSizePx`. */
export function decodedSizePx(imageSizePx: number): number {
  return imageSizePx < CROPPED_FROM_SIZE_PX ? imageSizePx : Math.round((imageSizePx * 256) / 224);
}

export function openImageReader(source: ImageSource, imageSizePx: number): ImageReader {
  return source.kind === 'cache' ? cacheReader(source, imageSizePx) : fileReader(source.images, imageSizePx);
}

function cacheReader(source: CachedImages, imageSizePx: number): ImageReader {
  const cache = openPixelCache(source.cacheDirectory, source.cacheSizePx);
  const pixels = new Uint8Array(3 * source.cacheSizePx ** 2);
  const length = 3 * imageSizePx ** 2;
  return {
    async fill(first, count, target) {
      for (let index = 0; index < count; index++) {
        cache.read(at(source.imageIds, first + index), pixels, 0);
        centreCrop(pixels, source.cacheSizePx, target, index * length, imageSizePx);
      }
      return [];
    },
    close: () => cache.close(),
  };
}

/**
 * Decodes one batch ahead, so that decoding and computing overlap. A file that is damaged or gone is named and passed over; a
 * folder that does not answer ends the work (`SourceAway`).
 */
function fileReader(images: readonly ImageLocator[], imageSizePx: number): ImageReader {
  const sizePx = decodedSizePx(imageSizePx);
  const length = 3 * imageSizePx ** 2;
  const patience = new Patience();
  const open = (image: ImageLocator) => patience.tried(placeOf(image), () => openBytes(image));
  const decode = (first: number, count: number) =>
    Promise.allSettled(images.slice(first, first + count).map((image) => decodeSquare(image, sizePx, open)));
  let ahead: { first: number; decoded: ReturnType<typeof decode> } | undefined;
  return {
    async fill(first, count, target) {
      const decoded = await (ahead?.first === first ? ahead.decoded : decode(first, count));
      ahead = { first: first + count, decoded: decode(first + count, count) };
      const unreadable: { place: number; reason: string }[] = [];
      decoded.forEach((result, index) => {
        if (result.status === 'fulfilled') centreCrop(result.value, sizePx, target, index * length, imageSizePx);
        else unreadable.push({ place: first + index, reason: reasonOfOne(result.reason) });
      });
      return unreadable;
    },
    close: () => {},
  };
}

/** Throws what is not a matter of one image. */
function reasonOfOne(error: unknown): string {
  if (error instanceof ImageUnreadable || error instanceof ImageUnreachable) return error.message;
  throw error;
}
