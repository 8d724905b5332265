import type { NoAttributes, OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { requireTrailing, sumToTrailing } from './broadcast.ts';

/**
 * [x [..., ...B], y [...B]] → x · y element-wise, y repeated along the leading axes: a gain for each channel, a scalar.
 */
export const multiply: OpDefinition<'multiply', NoAttributes> = {
  kind: 'multiply',
  infer(inputs) {
    requireTrailing('multiply', nth(inputs, 0), nth(inputs, 1));
    return [nth(inputs, 0)];
  },
  gradient({ graph, inputs, outputGradients, wanted }) {
    const [x, y, dy] = [nth(inputs, 0), nth(inputs, 1), nth(outputGradients, 0)];
    return [
      wanted[0] ? graph.applyOne(multiply, [dy, y], {}) : undefined,
      wanted[1] ? sumToTrailing(graph, graph.applyOne(multiply, [dy, x], {}), y.shape) : undefined,
    ];
  },
};
