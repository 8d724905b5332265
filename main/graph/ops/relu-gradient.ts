import type { NoAttributes, OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';

/** [dy, y = relu(x)] → dy where y > 0, else 0. */
export const reluGradient: OpDefinition<'reluGradient', NoAttributes> = {
  kind: 'reluGradient',
  infer: (inputs) => [nth(inputs, 0)],
};
