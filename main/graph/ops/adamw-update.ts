import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { ShapeMismatch } from '../program.ts';

export interface AdamWAttributes {
  /** The share of the first moment that stays at each step (β₁). */
  readonly firstDecay: number;
  /** The share of the second moment that stays at each step (β₂). */
  readonly secondDecay: number;
  readonly epsilon: number;
  /** Of the parameter, apart from its gradient. */
  readonly weightDecay: number;
  /** Multiplies the learning rate for this parameter; 1 when absent. */
  readonly rateFactor?: number;
}

/** Inputs of a step without and with gradient accumulation. */
const INPUTS = 7;
const INPUTS_IN_PARTS = 9;

/**
 * AdamW (Loshchilov and Hutter, 2019), PyTorch's form: [parameter, its gradient, first moment, second moment, learning rate [],
 * 1 − β₁ᵗ [], 1 − β₂ᵗ []] → [next parameter, next first moment, next second moment]:
 * p ← p·(1 − rate·decay);  m ← β₁·m + (1 − β₁)·g;  v ← β₂·v + (1 − β₂)·g²;  p ← p − rate · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε).
 *
 * For a batch in parts there are two more inputs, [sum of the gradients of earlier parts, is this the last part? int32 []],
 * and one more output, the next sum, as in `sgdAccumulate`.
 */
export const adamwUpdate: OpDefinition<'adamwUpdate', AdamWAttributes> = {
  kind: 'adamwUpdate',
  infer(inputs) {
    if (inputs.length !== INPUTS && inputs.length !== INPUTS_IN_PARTS) {
      throw new ShapeMismatch(`an AdamW step of ${inputs.length} inputs`);
    }
    const parameter = nth(inputs, 0);
    return inputs.length === INPUTS ? [parameter, parameter, parameter] : [parameter, parameter, parameter, parameter];
  },
};
