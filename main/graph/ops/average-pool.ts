import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { averagePoolGradient } from './average-pool-gradient.ts';
import type { WindowAttributes } from './window.ts';
import { slidingSizes } from './window.ts';

/** [x [N, C, ...spatial]] → the mean of each window; padding counts as zeros (PyTorch's default). */
export const averagePool: OpDefinition<'averagePool', WindowAttributes> = {
  kind: 'averagePool',
  infer(inputs, attributes) {
    const { shape } = nth(inputs, 0);
    return [{ shape: [...shape.slice(0, 2), ...slidingSizes(shape.slice(2), attributes)], dtype: 'float32' }];
  },
  gradient({ graph, inputs, attributes, outputGradients }) {
    const inputShape = nth(inputs, 0).shape;
    return [graph.applyOne(averagePoolGradient, [nth(outputGradients, 0)], { ...attributes, inputShape })];
  },
};
