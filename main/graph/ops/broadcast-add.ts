import type { NoAttributes, OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { requireTrailing, sumToTrailing } from './broadcast.ts';

/** [x [..., ...B], y [...B]] → x + y, y repeated along the leading axes: a bias for each row, a position embedding. */
export const broadcastAdd: OpDefinition<'broadcastAdd', NoAttributes> = {
  kind: 'broadcastAdd',
  infer(inputs) {
    requireTrailing('add', nth(inputs, 0), nth(inputs, 1));
    return [nth(inputs, 0)];
  },
  gradient({ graph, inputs, outputGradients, wanted }) {
    const dy = nth(outputGradients, 0);
    return [dy, wanted[1] ? sumToTrailing(graph, dy, nth(inputs, 1).shape) : undefined];
  },
};
