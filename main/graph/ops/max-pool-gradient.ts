import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import type { WindowAttributes } from './window.ts';

/** [dy, x, y] → dx: each dy goes to the first place of its window (in row-major order) that holds the maximum. */
export const maxPoolGradient: OpDefinition<'maxPoolGradient', WindowAttributes> = {
  kind: 'maxPoolGradient',
  infer: (inputs) => [nth(inputs, 1)],
};
