/**
 * Determines what a file is and how its numbers become pixels, from its header alone: shared by scans, the pixel cache,
 * thumbnails and everything else that needs pixels.
 */

import { identifyFormat } from './identify-format.ts';
import { ImageUnreadable } from './image-failures.ts';
import type { ImageFormat } from './image-formats.ts';
import { readJpegHeader } from './jpeg-structure.ts';
import type { PixelRule } from './pixel-rule.ts';
import type { RandomAccess } from './random-access.ts';
import { MOST_PIXELS } from './sharp-setup.ts';
import { readTiffDirectories } from './tiff-directories.ts';
import { tiffRule } from './tiff-rule.ts';

export interface InspectedImage {
  readonly format: ImageFormat;
  readonly rule: PixelRule;
  /** After orientation; absent if the header was not read that far, as for TIFF, whose header may follow its pixels. */
  readonly sizePx?: { readonly width: number; readonly height: number };
}

type Inspected = Omit<InspectedImage, 'format'>;

const AS_DECODED: Inspected = { rule: { kind: 'asDecoded' } };
/** Position of width and height in a PNG's first chunk. */
const PNG_SIZE = { offset: 16, bytes: 8 };
/** The size of everything that follows it. */
const RIFF_SIZE = { offset: 4, bytes: 4 };

const INSPECTIONS: { readonly [Format in ImageFormat]: (file: RandomAccess) => Promise<Inspected> } = {
  jpeg: async (file) => {
    const { frame } = await readJpegHeader(file);
    requireSize(frame.widthPx, Math.max(1, frame.heightPx));
    return AS_DECODED;
  },
  png: async (file) => {
    const size = await file.read(PNG_SIZE.offset, PNG_SIZE.bytes);
    if (size.length < PNG_SIZE.bytes) throw new ImageUnreadable('the file is cut short');
    requireSize(size.readUInt32BE(0), size.readUInt32BE(4));
    return AS_DECODED;
  },
  tiff: async (file) => {
    const { first, others } = await readTiffDirectories(file);
    const rule = tiffRule(first, others);
    requireSize(first.widthPx, first.heightPx);
    const [width, height] = first.isOnItsSide ? [first.heightPx, first.widthPx] : [first.widthPx, first.heightPx];
    return { rule, sizePx: { width, height } };
  },
  webp: async (file) => {
    const size = await file.read(RIFF_SIZE.offset, RIFF_SIZE.bytes);
    if (RIFF_SIZE.offset + RIFF_SIZE.bytes + size.readUInt32LE(0) > file.length)
      throw new ImageUnreadable('the file is cut short');
    return AS_DECODED;
  },
  gif: async () => AS_DECODED,
  avif: async () => AS_DECODED,
  bmp: async () => AS_DECODED,
};

/** Throws `ImageUnreadable` with the reason why its pixels cannot be decoded, or would be wrong. */
export async function inspectImage(file: RandomAccess): Promise<InspectedImage> {
  const format = await identifyFormat(file);
  return { format, ...(await INSPECTIONS[format](file)) };
}

/** The decoder complains on the terminal about sizes beyond its own limits. */
function requireSize(widthPx: number, heightPx: number): void {
  if (widthPx < 1 || heightPx < 1) throw new ImageUnreadable('the picture has no size');
  if (widthPx * heightPx > MOST_PIXELS) {
    throw new ImageUnreadable(`the picture has more than ${MOST_PIXELS.toLocaleString('en')} pixels`);
  }
}
