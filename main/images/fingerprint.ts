/**
 * A fingerprint shared by copies of a picture: a 64-bit difference hash of the brightness (Zauner, 2010: the sign of
 * each step along 8 rows of 9 cells) and the mean colours of a 4 × 4 grid. 56 bytes per image, computed from cached
 * pixels.
 */
export const FINGERPRINT_BYTES = 56;
const ROWS = 8;
const COLUMNS = 9;
const COLOUR_GRID = 4;
/** Smaller steps are compression noise in a flat area, not a feature of the picture. */
const FLAT_LEVELS = 3;

/** `pixels` is [size, size, 3]; the first 8 bytes of the result are the hash, the other 48 the colours. */
export function fingerprintOf(pixels: Uint8Array, sizePx: number): Uint8Array {
  const fingerprint = new Uint8Array(FINGERPRINT_BYTES);
  const brightness = cellMeans(pixels, sizePx, COLUMNS, ROWS, (r, g, b) => 0.299 * r + 0.587 * g + 0.114 * b);
  for (let row = 0; row < ROWS; row++) {
    let bits = 0;
    for (let column = 0; column < COLUMNS - 1; column++) {
      const at = row * COLUMNS + column;
      bits = (bits << 1) | Number((brightness[at + 1] as number) > (brightness[at] as number) + FLAT_LEVELS);
    }
    fingerprint[row] = bits;
  }
  const picks = [(r: number) => r, (_: number, g: number) => g, (_: number, __: number, b: number) => b];
  picks.forEach((pick, channel) => {
    const means = cellMeans(pixels, sizePx, COLOUR_GRID, COLOUR_GRID, pick);
    means.forEach((mean, cell) => {
      fingerprint[ROWS + 3 * cell + channel] = Math.round(mean);
    });
  });
  return fingerprint;
}

function cellMeans(
  pixels: Uint8Array,
  sizePx: number,
  columns: number,
  rows: number,
  value: (r: number, g: number, b: number) => number,
): Float64Array {
  const sums = new Float64Array(columns * rows);
  const counts = new Float64Array(columns * rows);
  for (let y = 0; y < sizePx; y++) {
    const row = Math.floor((y * rows) / sizePx) * columns;
    for (let x = 0; x < sizePx; x++) {
      const cell = row + Math.floor((x * columns) / sizePx);
      const at = 3 * (y * sizePx + x);
      sums[cell] =
        (sums[cell] as number) + value(pixels[at] as number, pixels[at + 1] as number, pixels[at + 2] as number);
      counts[cell] = (counts[cell] as number) + 1;
    }
  }
  return sums.map((sum, cell) => sum / Math.max(1, counts[cell] as number));
}
