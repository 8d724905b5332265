import type { NoAttributes, OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { reluGradient } from './relu-gradient.ts';

/** [x] → max(x, 0). */
export const relu: OpDefinition<'relu', NoAttributes> = {
  kind: 'relu',
  infer: (inputs) => [nth(inputs, 0)],
  gradient: ({ graph, outputs, outputGradients }) => [
    graph.applyOne(reluGradient, [nth(outputGradients, 0), nth(outputs, 0)], {}),
  ],
};
