import type { NoAttributes, OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';

/** [dy, x] → dy · (Φ(x) + x · φ(x)). */
export const geluGradient: OpDefinition<'geluGradient', NoAttributes> = {
  kind: 'geluGradient',
  infer: (inputs) => [nth(inputs, 0)],
};
