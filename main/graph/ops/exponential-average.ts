import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';

export interface ExponentialAverageAttributes {
  /** The weight of the new value: running statistics use 0.1, a parameter average 1 − decay. */
  readonly rate: number;
  /** Multiplies the new value first: n / (n − 1) turns a biased variance into the unbiased one that PyTorch keeps. */
  readonly correction: number;
}

/**
 * [average, new value] → (1 − rate)·average + rate·correction·new. A third input, int32 [], says whether the average moves
 * at all in this run: 0 leaves it as it is.
 */
export const exponentialAverage: OpDefinition<'exponentialAverage', ExponentialAverageAttributes> = {
  kind: 'exponentialAverage',
  infer: (inputs) => [nth(inputs, 0)],
};
