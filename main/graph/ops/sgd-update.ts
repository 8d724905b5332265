import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';

export interface SgdAttributes {
  readonly momentum: number;
  readonly weightDecay: number;
  readonly nesterov: boolean;
  /** Multiplies the learning rate for this parameter; 1 by default. */
  readonly rateFactor?: number;
}

/**
 * [parameter, its gradient, velocity, learning rate []] → [next parameter, next velocity], in PyTorch's form (Sutskever
 * et al., 2013): g ← g + decay·p; v ← momentum·v + g; p ← p − rate·(nesterov ? g + momentum·v : v).
 */
export const sgdUpdate: OpDefinition<'sgdUpdate', SgdAttributes> = {
  kind: 'sgdUpdate',
  infer: (inputs) => [nth(inputs, 0), nth(inputs, 0)],
};
