import type { NoAttributes, OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { geluGradient } from './gelu-gradient.ts';

/** [x] → x · Φ(x), the Gaussian error linear unit (Hendrycks and Gimpel, 2016), with the exact error function. */
export const gelu: OpDefinition<'gelu', NoAttributes> = {
  kind: 'gelu',
  infer: (inputs) => [nth(inputs, 0)],
  gradient: ({ graph, inputs, outputGradients }) => [
    graph.applyOne(geluGradient, [nth(outputGradients, 0), nth(inputs, 0)], {}),
  ],
};
