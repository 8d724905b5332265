import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import type { LayerNormAttributes } from './layer-norm.ts';

/** [dy, x, scale] → [dx, dScale, dBias]. */
export const layerNormGradient: OpDefinition<'layerNormGradient', LayerNormAttributes> = {
  kind: 'layerNormGradient',
  infer: (inputs) => [nth(inputs, 1), nth(inputs, 2), nth(inputs, 2)],
};
