import type { NoAttributes, OpDefinition } from '../op-definition.ts';
import { elementCount } from '../program.ts';

/** [any float32 tensors] → [P], their elements concatenated. */
export const pack: OpDefinition<'pack', NoAttributes> = {
  kind: 'pack',
  infer: (inputs) => [{ shape: [inputs.reduce((sum, { shape }) => sum + elementCount(shape), 0)], dtype: 'float32' }],
};
