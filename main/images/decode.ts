/**
 * From an image file to pixels: EXIF orientation applied, first frame, 8-bit sRGB without alpha, a square of the asked
 * size out of the middle of the short side. Every format that libvips reads.
 */
import { decodeBitmap, isBitmap } from './bitmap.ts';
import { undecodable } from './image-failures.ts';
import type { ImageLocator } from './image-locator.ts';
import { openBytes } from './open-bytes.ts';
import { MOST_PIXELS, sharp } from './sharp-setup.ts';

/** How an image's bytes are had; `openBytes` is the plain way. Throws `ImageUnreachable`. */
export type OpenBytes = (image: ImageLocator) => Promise<Buffer>;

/** What shows through transparent pixels: neutral grey, no class's background. */
const BACKDROP = { r: 128, g: 128, b: 128 };

/** [size, size, 3] row-major. Throws `ImageUnreadable` or `ImageUnreachable` with the reason. */
export async function decodeSquare(image: ImageLocator, sizePx: number, open: OpenBytes = openBytes) {
  return await squareOf(await open(image), sizePx);
}

/** A small JPEG with the image's own proportions. Throws `ImageUnreadable` or `ImageUnreachable` with the reason. */
export async function thumbnailJpeg(image: ImageLocator, longSidePx: number, open: OpenBytes = openBytes) {
  return await smallJpegOf(await open(image), longSidePx);
}

async function squareOf(file: Buffer, sizePx: number): Promise<Uint8Array> {
  return await orUndecodable(async () => {
    const image = openImage(file);
    // For an image that is already a square of this size libvips leaves the pixels as they are.
    const fitted = image.resize(sizePx, sizePx, { fit: 'cover', position: 'centre', kernel: 'linear' });
    const { data, info } = await fitted.raw().toBuffer({ resolveWithObject: true });
    return toThreeChannels(data, info.channels, sizePx);
  });
}

async function smallJpegOf(file: Buffer, longSidePx: number): Promise<Buffer> {
  return await orUndecodable(async () => {
    const size = { width: longSidePx, height: longSidePx, fit: 'inside', withoutEnlargement: true } as const;
    return await openImage(file).resize(size).jpeg({ quality: 80, mozjpeg: false }).toBuffer();
  });
}

function openImage(file: Buffer) {
  if (file.length === 0) throw new Error('the file is empty');
  const options = { limitInputPixels: MOST_PIXELS, failOn: 'truncated', pages: 1 } as const;
  const bitmap = isBitmap(file) ? decodeBitmap(file) : undefined;
  const image = bitmap ? sharp(bitmap.pixels, { ...options, raw: bitmap }) : sharp(file, options);
  return image.rotate().flatten({ background: BACKDROP }).toColourspace('srgb');
}

function toThreeChannels(data: Buffer, channels: number, sizePx: number): Uint8Array {
  if (channels === 3) return data;
  const pixels = new Uint8Array(3 * sizePx * sizePx);
  for (let i = 0; i < sizePx * sizePx; i++) pixels.fill(data[i * channels] ?? 0, 3 * i, 3 * i + 3);
  return pixels;
}

async function orUndecodable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw undecodable(error);
  }
}
