import type { NoAttributes, OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';

/** [x [N, ...]] → the sum over N. */
export const sumOverBatch: OpDefinition<'sumOverBatch', NoAttributes> = {
  kind: 'sumOverBatch',
  infer: (inputs) => [{ shape: nth(inputs, 0).shape.slice(1), dtype: 'float32' }],
};
