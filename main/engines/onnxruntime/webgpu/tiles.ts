/**
 * The provider computes products of matrices and convolutions in squares of this side, of which a convolution fills one side
 * with the positions of a single image. What is computed beyond the edges is thrown away.
 */
export const TILE_SIDE = 32;
