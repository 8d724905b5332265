import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';

/**
 * A sum over runs that stays on the device until it is read: [sum so far [], value [], does a new sum begin? int32 []]
 * → weight·value + (new ? 0 : sum).
 */
export const tally: OpDefinition<'tally', { readonly weight: number }> = {
  kind: 'tally',
  infer: (inputs) => [nth(inputs, 0)],
};
