/** The evaluation view as 8-bit levels: the window that `centreCrop` normalises. `pixels` is [size, size, 3]. */
export function centreSquare(pixels: Uint8Array, sizePx: number, targetSizePx: number): Uint8Array {
  const margin = (sizePx - targetSizePx) >> 1;
  const square = new Uint8Array(3 * targetSizePx ** 2);
  for (let y = 0; y < targetSizePx; y++) {
    const from = 3 * ((margin + y) * sizePx + margin);
    square.set(pixels.subarray(from, from + 3 * targetSizePx), 3 * y * targetSizePx);
  }
  return square;
}
