/**
 * An image's size and format from its first bytes, and from all of them where those do not say: the decoder is given bytes
 * and opens no path. What it makes of a part of a file is either right or an error.
 */
import { isBitmap, readBitmapHeader } from './bitmap.ts';
import { ImageUnreadable, undecodable } from './image-failures.ts';
import type { OpenImage } from './image-locator.ts';
import { readWhole } from './open-bytes.ts';
import { MOST_PIXELS, sharp } from './sharp-setup.ts';

const START_BYTES = 65_536;

export interface ImageHeader {
  /** After EXIF orientation. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly format: string;
}

/** Throws `ImageUnreadable` or `ImageUnreachable`. */
export async function readHeader(image: OpenImage): Promise<ImageHeader> {
  if (image.version.bytes === 0) throw new ImageUnreadable('the file is empty');
  const start = await image.read(0, START_BYTES);
  if (start.length === image.version.bytes) return await headerOf(start);
  return await headerOf(start).catch(async () => await headerOf(await readWhole(image)));
}

async function headerOf(bytes: Buffer): Promise<ImageHeader> {
  try {
    if (isBitmap(bytes)) {
      const { width, height } = readBitmapHeader(bytes);
      return { widthPx: width, heightPx: height, format: 'bmp' };
    }
    const { width, height, pageHeight, format, autoOrient } = await sharp(bytes, {
      limitInputPixels: MOST_PIXELS,
    }).metadata();
    return { widthPx: autoOrient.width ?? width, heightPx: pageHeight ?? autoOrient.height ?? height, format };
  } catch (error) {
    throw undecodable(error);
  }
}
