/**
 * The provider computes matrix products and convolutions in square tiles of this side; a convolution fills one side of
 * a tile with the positions of a single image. Results beyond the edges are discarded.
 */
export const TILE_SIDE = 32;

/** The divisors of a number, in ascending order. */
export function divisorsOf(count: number): number[] {
  const small: number[] = [];
  for (let divisor = 1; divisor * divisor <= count; divisor++) if (count % divisor === 0) small.push(divisor);
  return [...new Set([...small, ...small.map((divisor) => count / divisor).reverse()])];
}
