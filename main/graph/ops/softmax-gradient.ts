import type { NoAttributes, OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';

/** [dy, y = softmax(x)] → y · (dy − Σ dy·y). */
export const softmaxGradient: OpDefinition<'softmaxGradient', NoAttributes> = {
  kind: 'softmaxGradient',
  infer: (inputs) => [nth(inputs, 0)],
};
