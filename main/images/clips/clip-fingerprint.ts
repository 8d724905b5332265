/**
 * The fingerprint by which copies of a clip are recognised: that of a picture of four of its frames side by side, so
 * that movement distinguishes clips.
 */
import { fingerprintOf } from '../fingerprint.ts';
import type { Squares } from '../squares.ts';

const SIDE = 2;

/** `pixels` is [size, size, 3], or [frames, size, size, 3] if there are frames. */
export function fingerprintOfSample(
  pixels: Uint8Array,
  { sizePx, frames }: Pick<Squares, 'sizePx' | 'frames'>,
): Uint8Array {
  return frames === undefined ? fingerprintOf(pixels, sizePx) : fingerprintOf(mosaic(pixels, sizePx, frames), sizePx);
}

/** Every second pixel of the first frame, the last one and two between them. */
function mosaic(pixels: Uint8Array, sizePx: number, frames: number): Uint8Array {
  const picture = new Uint8Array(3 * sizePx ** 2);
  const tilePx = Math.ceil(sizePx / SIDE);
  for (let y = 0; y < sizePx; y++) {
    for (let x = 0; x < sizePx; x++) {
      const tile = SIDE * Math.floor(y / tilePx) + Math.floor(x / tilePx);
      const frame = Math.round((tile * (frames - 1)) / (SIDE ** 2 - 1));
      const [row, column] = [SIDE * (y % tilePx), SIDE * (x % tilePx)].map((place) =>
        Math.min(sizePx - 1, place),
      ) as Pair;
      const from = 3 * ((frame * sizePx + row) * sizePx + column);
      picture.set(pixels.subarray(from, from + 3), 3 * (y * sizePx + x));
    }
  }
  return picture;
}

type Pair = [number, number];
