/**
 * The provider computes products of matrices and convolutions in squares of this side, of which a convolution fills one side
 * with the positions of a single image. What is computed beyond the edges is thrown away.
 */
export const TILE_SIDE = 32;

/** How many equal parts a number can be cut into, in ascending order. */
export function divisorsOf(count: number): number[] {
  const small: number[] = [];
  for (let divisor = 1; divisor * divisor <= count; divisor++) if (count % divisor === 0) small.push(divisor);
  return [...new Set([...small, ...small.map((divisor) => count / divisor).reverse()])];
}
