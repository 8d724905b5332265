import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { maxPoolGradient } from './max-pool-gradient.ts';
import type { WindowAttributes } from './window.ts';
import { slidingSizes } from './window.ts';

/** [x [N, C, ...spatial]] → the largest of each window; padding counts as −∞. */
export const maxPool: OpDefinition<'maxPool', WindowAttributes> = {
  kind: 'maxPool',
  infer(inputs, attributes) {
    const { shape } = nth(inputs, 0);
    return [{ shape: [...shape.slice(0, 2), ...slidingSizes(shape.slice(2), attributes)], dtype: 'float32' }];
  },
  gradient({ graph, inputs, outputs, attributes, outputGradients }) {
    return [graph.applyOne(maxPoolGradient, [nth(outputGradients, 0), nth(inputs, 0), nth(outputs, 0)], attributes)];
  },
};
