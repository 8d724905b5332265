import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';

export interface ExponentialAverageAttributes {
  /** The weight of the new value: 0.1 for running statistics, 1 − decay for a parameter average. */
  readonly rate: number;
  /** Multiplies the new value first: n / (n − 1) turns a biased variance into the unbiased one that PyTorch keeps. */
  readonly correction: number;
}

/**
 * [average, new value] → (1 − rate)·average + rate·correction·new. A third input, int32 [], controls whether the
 * average is updated in this run: 0 leaves it unchanged.
 */
export const exponentialAverage: OpDefinition<'exponentialAverage', ExponentialAverageAttributes> = {
  kind: 'exponentialAverage',
  infer: (inputs) => [nth(inputs, 0)],
};
