/** How far pictures are from those that a network has learnt from, whatever class it predicts for them. */
import type { FeatureGaussian } from '../models/feature-gaussian.ts';
import { normalisedRows } from './nearest-neighbours.ts';

/** A share of the features' mean variance, added to each: with fewer images than features some have none. */
const SHRINKAGE = 0.01;

/**
 * Estimates the distribution; undefined if the features do not vary or are not finite. Takes dimension³ / 3 and
 * images · dimension² / 2 multiplications.
 *
 * @param features [images, dimension]
 */
export function gaussianOf(features: Float32Array, dimension: number): FeatureGaussian | undefined {
  const rows = normalisedRows(features, dimension);
  const images = rows.length / dimension;
  const mean = new Float64Array(dimension);
  rows.forEach((value, index) => {
    const feature = index % dimension;
    mean[feature] = (mean[feature] as number) + value / images;
  });
  const factor = covariance(rows, mean);
  let trace = 0;
  for (let i = 0; i < dimension; i++) trace += factor[i * dimension + i] as number;
  if (!(trace > 0 && Number.isFinite(trace))) return undefined;
  for (let i = 0; i < dimension; i++)
    factor[i * dimension + i] = (factor[i * dimension + i] as number) + (SHRINKAGE * trace) / dimension;
  factorise(factor, dimension);
  const inverse = inverseOf(factor, dimension);
  return { dimension, whitening: Float32Array.from(inverse), centre: Float32Array.from(product(inverse, mean)) };
}

/**
 * @param features [count, dimension], followed by those of the batch's padding
 * @returns one number per picture
 */
export function distancesFrom(
  { dimension, whitening, centre }: FeatureGaussian,
  features: Float32Array,
  count: number,
) {
  const rows = normalisedRows(features.subarray(0, count * dimension), dimension);
  return Float32Array.from({ length: count }, (_, row) => {
    const whitened = product(whitening, rows.subarray(row * dimension, (row + 1) * dimension));
    return Math.sqrt(whitened.reduce((sum, value, i) => sum + (value - (centre[i] as number)) ** 2, 0));
  });
}

/** The lower triangle of [dimension, dimension]. */
function covariance(rows: Float32Array, mean: Float64Array): Float64Array {
  const dimension = mean.length;
  const images = rows.length / dimension;
  const sums = new Float64Array(dimension * dimension);
  const apart = new Float64Array(dimension);
  for (let from = 0; from < rows.length; from += dimension) {
    for (let i = 0; i < dimension; i++) apart[i] = (rows[from + i] as number) - (mean[i] as number);
    for (let i = 0; i < dimension; i++) {
      const own = (apart[i] as number) / images;
      const to = i * dimension;
      for (let j = 0; j <= i; j++) sums[to + j] = (sums[to + j] as number) + own * (apart[j] as number);
    }
  }
  return sums;
}

/** Cholesky's L with L · Lᵀ = `matrix`, in its place; only lower triangles are used. */
function factorise(matrix: Float64Array, dimension: number): void {
  for (let i = 0; i < dimension; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = matrix[i * dimension + j] as number;
      for (let k = 0; k < j; k++) rest -= (matrix[i * dimension + k] as number) * (matrix[j * dimension + k] as number);
      matrix[i * dimension + j] = i === j ? Math.sqrt(rest) : rest / (matrix[j * dimension + j] as number);
    }
  }
}

/** Of a lower triangular matrix: its rows, each from those before it. */
function inverseOf(factor: Float64Array, dimension: number): Float64Array {
  const inverse = new Float64Array(dimension * dimension);
  for (let i = 0; i < dimension; i++) {
    const own = factor[i * dimension + i] as number;
    for (let k = 0; k < i; k++) {
      const share = (factor[i * dimension + k] as number) / own;
      for (let j = 0; j <= k; j++) {
        inverse[i * dimension + j] =
          (inverse[i * dimension + j] as number) - share * (inverse[k * dimension + j] as number);
      }
    }
    inverse[i * dimension + i] = 1 / own;
  }
  return inverse;
}

/** Of a lower triangular matrix and a vector. */
function product(matrix: Float32Array | Float64Array, vector: Float32Array | Float64Array): Float64Array {
  const dimension = vector.length;
  return Float64Array.from(vector, (_, i) => {
    let sum = 0;
    for (let j = 0; j <= i; j++) sum += (matrix[i * dimension + j] as number) * (vector[j] as number);
    return sum;
  });
}
