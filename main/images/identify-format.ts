/**
 * Identifies the format of a file by its first bytes alone; for an unsupported file, says what it is as the reason of
 * the refusal.
 */

import { isBitmap } from './bitmap.ts';
import { foreignReason, isAvif, rawInTiff } from './foreign-kinds.ts';
import { ImageUnreadable } from './image-failures.ts';
import type { ImageFormat } from './image-formats.ts';
import type { RandomAccess } from './random-access.ts';

const HEAD_BYTES = 4096;

const starts = (head: Buffer, bytes: string, at = 0): boolean =>
  head.toString('latin1', at, at + bytes.length) === bytes;

const isTiff = (head: Buffer): boolean => ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((magic) => starts(head, magic));

const TESTS: { readonly [Format in ImageFormat]: (head: Buffer) => boolean } = {
  jpeg: (head) => starts(head, '\xff\xd8\xff'),
  png: (head) => starts(head, '\x89PNG\r\n\x1a\n'),
  webp: (head) => starts(head, 'RIFF') && starts(head, 'WEBP', 8),
  tiff: (head) => isTiff(head) && rawInTiff(head) === undefined,
  gif: (head) => starts(head, 'GIF87a') || starts(head, 'GIF89a'),
  avif: isAvif,
  bmp: isBitmap,
};

/** Throws `ImageUnreadable` with what the file is instead. */
export async function identifyFormat(file: RandomAccess): Promise<ImageFormat> {
  if (file.length === 0) throw new ImageUnreadable('the file is empty');
  const head = await file.read(0, HEAD_BYTES);
  for (const [format, test] of Object.entries(TESTS)) if (test(head)) return format as ImageFormat;
  throw new ImageUnreadable((isTiff(head) && rawInTiff(head)) || foreignReason(head));
}
