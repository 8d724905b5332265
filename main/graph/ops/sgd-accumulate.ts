import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import type { SgdAttributes } from './sgd-update.ts';

/**
 * Gradient accumulation, for a batch that is computed in parts: [parameter, gradient of this part, velocity, sum of the
 * gradients of earlier parts, learning rate [], is this the last part? int32 []] → [next parameter, next velocity, next
 * sum]. The last part does the step of `sgdUpdate` with the sum of all gradients and resets the sum to zero; the others
 * only add.
 */
export const sgdAccumulate: OpDefinition<'sgdAccumulate', SgdAttributes> = {
  kind: 'sgdAccumulate',
  infer: (inputs) => [nth(inputs, 0), nth(inputs, 0), nth(inputs, 0)],
};
