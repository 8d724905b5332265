import type { OpDefinition } from '../op-definition.ts';
import type { Shape } from '../program.ts';

/** [dy [N, C]] → dy / (number of positions) at every position of `inputShape`. */
export const globalAveragePoolGradient: OpDefinition<'globalAveragePoolGradient', { readonly inputShape: Shape }> = {
  kind: 'globalAveragePoolGradient',
  infer: (_inputs, { inputShape }) => [{ shape: inputShape, dtype: 'float32' }],
};
