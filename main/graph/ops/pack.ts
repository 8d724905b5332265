import type { NoAttributes, OpDefinition } from '../op-definition.ts';
import { elementCount } from '../program.ts';

/** [any float32 tensors] → [P], their elements one after the other. */
export const pack: OpDefinition<'pack', NoAttributes> = {
  kind: 'pack',
  infer: (inputs) => [{ shape: [inputs.reduce((sum, { shape }) => sum + elementCount(shape), 0)], dtype: 'float32' }],
};
