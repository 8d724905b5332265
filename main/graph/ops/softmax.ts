import type { NoAttributes, OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { softmaxGradient } from './softmax-gradient.ts';

/** [logits [..., C]] → probabilities over C. */
export const softmax: OpDefinition<'softmax', NoAttributes> = {
  kind: 'softmax',
  infer: (inputs) => [nth(inputs, 0)],
  gradient: ({ graph, outputs, outputGradients }) => [
    graph.applyOne(softmaxGradient, [nth(outputGradients, 0), nth(outputs, 0)], {}),
  ],
};
