import type { OpDefinition } from '../op-definition.ts';
import type { Shape } from '../program.ts';
import type { ConvAttributes } from './conv.ts';

/** [x, dy] → the gradient of `conv` with respect to its weight, of shape `weightShape`. */
export const convWeightGradient: OpDefinition<'convWeightGradient', ConvAttributes & { readonly weightShape: Shape }> =
  {
    kind: 'convWeightGradient',
    infer: (_inputs, { weightShape }) => [{ shape: weightShape, dtype: 'float32' }],
  };
