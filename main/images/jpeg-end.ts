/**
 * A JPEG without its end marker is intact if every pixel is there. Interrupted cameras and programs leave such files
 * (Pillow#2038), and so do truncated downloads, whose last rows are missing; the two are distinguished by decoding.
 */
import { at } from '../at.ts';
import { ImageUnreadable } from './image-failures.ts';
import { findJpegEnd, type JpegHeader } from './jpeg-structure.ts';
import { MOST_PIXELS, sharp } from './sharp-setup.ts';

const END_MARKER = Buffer.from([0xff, 0xd9]);
/** Bytes appended to the data: none of them is read if nothing is missing. */
const CONTINUATIONS = [0x00, 0x55, 0xaa];
const CONTINUATION_BYTES = 64;
/** A run of this many zeros is data that a file system never wrote, not the end of a picture. */
const UNWRITTEN = Buffer.alloc(16);
/** Beyond this size the check would take gigabytes. */
const MOST_PROVED_PIXELS = 2 ** 27;

/**
 * The file, with the end marker added if only that was missing. Throws `ImageUnreadable` if data is missing, at the end
 * or between restart markers.
 */
export async function wholeJpeg(file: Buffer, header: JpegHeader): Promise<Buffer> {
  if (header.restartInterval === 0 && file.subarray(-END_MARKER.length).equals(END_MARKER)) return file;
  const { isEnded, hasAllScans, offset } = findJpegEnd(file, header);
  if (isEnded) return file;
  // Half an end marker is not one.
  const data = file.subarray(0, at(file, offset - 1) === 0xff ? offset - 1 : offset);
  const { widthPx, heightPx } = header.frame;
  const isProvable = hasAllScans && widthPx * heightPx <= MOST_PROVED_PIXELS;
  if (!isProvable || data.subarray(-UNWRITTEN.length).equals(UNWRITTEN) || !(await needsNothingMore(data))) {
    throw new ImageUnreadable('the file is cut short');
  }
  return Buffer.concat([data, END_MARKER]);
}

/** A decoder that needs more bits when the data ends produces different pixels for different bits. */
async function needsNothingMore(data: Buffer): Promise<boolean> {
  let pixels: Buffer | undefined;
  for (const filler of CONTINUATIONS) {
    const continued = Buffer.concat([data, Buffer.alloc(CONTINUATION_BYTES, filler), END_MARKER]);
    const decoded = await sharp(continued, { failOn: 'none', limitInputPixels: MOST_PIXELS, ignoreIcc: true })
      .raw()
      .toBuffer();
    if (pixels && !pixels.equals(decoded)) return false;
    pixels ??= decoded;
  }
  return true;
}
