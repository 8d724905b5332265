/** Converts the picture's bands from a file's own numbers to 8-bit levels. */
import { ImageUnreadable } from './image-failures.ts';
import type { BandRule } from './pixel-rule.ts';

export type BandValues = Uint8Array | Uint16Array | Float32Array;

/** Values this close outside black or white are rounding errors: half a level. */
const ROUNDING = 0.5 / 255;

/**
 * `values` are [pixels, `bands`] in the file's own numbers, `wanted` the bands of the result [pixels, wanted]. Of
 * 16-bit levels the upper 8 bits are used, as in libvips. Throws `ImageUnreadable` for floats outside 0 to 1.
 */
export function pickBands(
  values: BandValues,
  bands: number,
  wanted: readonly number[],
  scale: BandRule['scale'],
): Uint8Array {
  if (scale === 'unit') requireUnit(values, bands, wanted);
  const pixels = Math.floor(values.length / bands);
  const levels = new Uint8Array(pixels * wanted.length);
  for (const [place, band] of wanted.entries()) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      levels[pixel * wanted.length + place] = levelOf(values[pixel * bands + band] as number, scale);
    }
  }
  return levels;
}

function levelOf(value: number, scale: BandRule['scale']): number {
  if (scale === 'levels8') return value;
  if (scale === 'levels16') return value >> 8;
  return Math.round(255 * Math.min(1, Math.max(0, value)));
}

/** Another range is not guessed from the values, since two pictures of one camera would be scaled differently. */
function requireUnit(values: BandValues, bands: number, wanted: readonly number[]): void {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const band of wanted) {
    for (let index = band; index < values.length; index += bands) {
      const value = values[index] as number;
      if (!Number.isFinite(value))
        throw new ImageUnreadable('some of its float values are not numbers (NaN or infinite)');
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  if (least >= -ROUNDING && most <= 1 + ROUNDING) return;
  throw new ImageUnreadable(
    `its float values go from ${short(least)} to ${short(most)}, and nothing says which are black and white: scale them to 0 to 1, or save 8 or 16 bits`,
  );
}

const short = (value: number): string => String(Number(value.toPrecision(4)));
