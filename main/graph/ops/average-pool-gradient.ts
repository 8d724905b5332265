import type { OpDefinition } from '../op-definition.ts';
import type { Shape } from '../program.ts';
import type { WindowAttributes } from './window.ts';

/** [dy] → the gradient of `averagePool` with respect to its input, of shape `inputShape`. */
export const averagePoolGradient: OpDefinition<
  'averagePoolGradient',
  WindowAttributes & { readonly inputShape: Shape }
> = {
  kind: 'averagePoolGradient',
  infer: (_inputs, { inputShape }) => [{ shape: inputShape, dtype: 'float32' }],
};
