/** The picture used in tests of decoding: four quadrants of known colours, or of the corresponding greys. */

import { decodeSquare } from '../../../main/images/decode.ts';
import type { ImageLocator } from '../../../main/images/image-locator.ts';

export const COLOURS = [
  [200, 40, 40],
  [40, 200, 40],
  [40, 40, 200],
  [180, 180, 60],
] as const;
export const GREYS = [88, 134, 58, 166] as const;
export const SIZE_PX = 16;

export const quadrantAt = (x: number, y: number, sizePx = SIZE_PX): number =>
  (y >= sizePx / 2 ? 2 : 0) + (x >= sizePx / 2 ? 1 : 0);
export const colourAt = (x: number, y: number, sizePx = SIZE_PX): readonly number[] =>
  COLOURS[quadrantAt(x, y, sizePx)] ?? [];
export const greyAt = (x: number, y: number, sizePx = SIZE_PX): number => GREYS[quadrantAt(x, y, sizePx)] ?? 0;

const NOWHERE: ImageLocator = { kind: 'file', folder: '/', relativePath: 'nowhere' };

/** A file's pixels as a network sees them. */
export async function pixelsOf(file: Buffer, sizePx = SIZE_PX): Promise<Uint8Array> {
  return await decodeSquare(NOWHERE, sizePx, async () => file);
}

/** The colour in the middle of each quadrant. */
export async function quadrantsOf(file: Buffer, sizePx = SIZE_PX): Promise<number[][]> {
  const pixels = await pixelsOf(file, sizePx);
  const [near, far] = [Math.floor(sizePx / 4), Math.floor((3 * sizePx) / 4)];
  const places = [
    [near, near],
    [far, near],
    [near, far],
    [far, far],
  ] as const;
  return places.map(([x, y]) => [...pixels.subarray(3 * (y * sizePx + x), 3 * (y * sizePx + x) + 3)]);
}

/** The greys as returned by `quadrantsOf`. */
export const GREY_QUADRANTS = GREYS.map((grey) => [grey, grey, grey]);

/** A level of this opacity (of 255) over the decoder's grey. */
export const before = (level: number, opacity: number): number =>
  Math.floor((level * opacity + 128 * (255 - opacity)) / 255);
