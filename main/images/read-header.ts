/**
 * An image's size and format from its first bytes and the parts they point to; from all bytes if the decoder is needed
 * and the first do not suffice. The decoder is given bytes and opens no path. Given part of a file, it returns either
 * the right answer or an error.
 */
import { BITMAP_HEADER_BYTES, readBitmapHeader } from './bitmap.ts';
import { undecodable } from './image-failures.ts';
import type { ImageFormat } from './image-formats.ts';
import type { OpenImage } from './image-locator.ts';
import { inspectImage } from './inspect-image.ts';
import { readWhole } from './open-bytes.ts';
import { inStore } from './random-access.ts';
import { MOST_PIXELS, sharp } from './sharp-setup.ts';

const START_BYTES = 65_536;

export interface ImageHeader {
  /** After EXIF orientation. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly format: ImageFormat;
}

/** Throws `ImageUnreadable` for an image that the decoder would refuse because of its header, or `ImageUnreachable`. */
export async function readHeader(image: OpenImage): Promise<ImageHeader> {
  const start = await image.read(0, START_BYTES);
  const file = inStore(image, start);
  const { format, sizePx } = await inspectImage(file);
  if (sizePx) return { widthPx: sizePx.width, heightPx: sizePx.height, format };
  if (format === 'bmp') {
    const { width, height } = readBitmapHeader(await file.read(0, BITMAP_HEADER_BYTES));
    return { widthPx: width, heightPx: height, format };
  }
  if (start.length === image.version.bytes) return await decodedHeader(start, format);
  return await decodedHeader(start, format).catch(async () => await decodedHeader(await readWhole(image), format));
}

async function decodedHeader(bytes: Buffer, format: ImageFormat): Promise<ImageHeader> {
  try {
    const { width, height, pageHeight, autoOrient } = await sharp(bytes, {
      limitInputPixels: MOST_PIXELS,
    }).metadata();
    return { widthPx: autoOrient.width ?? width, heightPx: pageHeight ?? autoOrient.height ?? height, format };
  } catch (error) {
    throw undecodable(error, format);
  }
}
