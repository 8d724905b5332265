import type { NoAttributes, OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { globalAveragePoolGradient } from './global-average-pool-gradient.ts';

/** [x [N, C, ...spatial]] → the mean over all positions, [N, C]. */
export const globalAveragePool: OpDefinition<'globalAveragePool', NoAttributes> = {
  kind: 'globalAveragePool',
  infer: (inputs) => [{ shape: nth(inputs, 0).shape.slice(0, 2), dtype: 'float32' }],
  gradient({ graph, inputs, outputGradients }) {
    const inputShape = nth(inputs, 0).shape;
    return [graph.applyOne(globalAveragePoolGradient, [nth(outputGradients, 0)], { inputShape })];
  },
};
