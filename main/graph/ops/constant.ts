import type { OpDefinition } from '../op-definition.ts';
import type { Shape } from '../program.ts';

/** A float32 tensor filled with one number. */
export const constant: OpDefinition<'constant', { readonly shape: Shape; readonly value: number }> = {
  kind: 'constant',
  infer: (_inputs, { shape }) => [{ shape, dtype: 'float32' }],
};
