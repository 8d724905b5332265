/**
 * From an image file to pixels: EXIF orientation applied, first frame, 8-bit sRGB without alpha, a square of the asked
 * size out of the middle of the short side. Every format that libvips reads.
 */
import { readFile } from 'node:fs/promises';
import { ExpectedFailure, messageOf } from '../failure.ts';
import { decodeBitmap, isBitmap } from './bitmap.ts';
import { MOST_PIXELS, sharp } from './sharp-setup.ts';

export class ImageUnreadable extends ExpectedFailure {}

/** What shows through transparent pixels: neutral grey, no class's background. */
const BACKDROP = { r: 128, g: 128, b: 128 };

/** [size, size, 3] row-major. Throws `ImageUnreadable` with the reason. */
export async function decodeSquare(path: string, sizePx: number): Promise<Uint8Array> {
  return await orUnreadable(path, async () => {
    const image = await openImage(path);
    // For an image that is already a square of this size libvips leaves the pixels as they are.
    const fitted = image.resize(sizePx, sizePx, { fit: 'cover', position: 'centre', kernel: 'linear' });
    const { data, info } = await fitted.raw().toBuffer({ resolveWithObject: true });
    return toThreeChannels(data, info.channels, sizePx);
  });
}

/** A small JPEG with the image's own proportions. Throws `ImageUnreadable` with the reason. */
export async function thumbnailJpeg(path: string, longSidePx: number): Promise<Buffer> {
  return await orUnreadable(path, async () => {
    const image = await openImage(path);
    const size = { width: longSidePx, height: longSidePx, fit: 'inside', withoutEnlargement: true } as const;
    return await image.resize(size).jpeg({ quality: 80, mozjpeg: false }).toBuffer();
  });
}

async function openImage(path: string) {
  const file = await readFile(path);
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

async function orUnreadable<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new ImageUnreadable(reasonOf(error), { cause: path });
  }
}

/** libvips' last line, without its internal prefix. */
export function reasonOf(error: unknown): string {
  const lines = messageOf(error)
    .split('\n')
    .filter((line) => line.trim() !== '');
  return (lines.at(-1) ?? 'unknown').replace(/^(Input file|Input buffer)\s*/, '').trim();
}
