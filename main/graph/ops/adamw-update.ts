import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { ShapeMismatch } from '../program.ts';

export interface AdamWAttributes {
  /** The share of the first moment retained per step (β₁). */
  readonly firstDecay: number;
  /** The share of the second moment retained per step (β₂). */
  readonly secondDecay: number;
  readonly epsilon: number;
  /** Applied to the parameter, independently of its gradient. */
  readonly weightDecay: number;
  /** Multiplies the learning rate for this parameter; 1 by default. */
  readonly rateFactor?: number;
}

/** Number of inputs without and with gradient accumulation. */
const INPUTS = 7;
const INPUTS_IN_PARTS = 9;

/**
 * AdamW (Loshchilov and Hutter, 2019), in PyTorch's form: [parameter, its gradient, first moment, second moment,
 * learning rate [], 1 − β₁ᵗ [], 1 − β₂ᵗ []] → [next parameter, next first moment, next second moment]: p ← p·(1 −
 * rate·decay); m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g²; p ← p − rate · (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε).
 *
 * For a batch in parts there are two additional inputs, [sum of the gradients of earlier parts, is this the last part?
 * int32 []], and one additional output, the next sum, as in `sgdAccumulate`.
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
