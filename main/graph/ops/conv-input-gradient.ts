import type { OpDefinition } from '../op-definition.ts';
import type { Shape } from '../program.ts';
import type { ConvAttributes } from './conv.ts';

/** [dy, weight] → the gradient of `conv` with respect to its input, of shape `inputShape`. */
export const convInputGradient: OpDefinition<'convInputGradient', ConvAttributes & { readonly inputShape: Shape }> = {
  kind: 'convInputGradient',
  infer: (_inputs, { inputShape }) => [{ shape: inputShape, dtype: 'float32' }],
};
