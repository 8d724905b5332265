/** The definition of an operation, in a file of its own under `ops/`: its shape rule and its gradient rule. */
import type { GraphBuilder } from './graph-builder.ts';
import type { TensorType, Value } from './program.ts';

export interface GradientContext<Attributes> {
  readonly graph: GraphBuilder;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
  /** The gradient of the loss with respect to each output; undefined for an output that does not affect the loss. */
  readonly outputGradients: readonly (Value | undefined)[];
  /** True for inputs whose gradient is needed; the others need not be computed. */
  readonly wanted: readonly boolean[];
}

/** The attributes of an operation that has none. */
export type NoAttributes = Record<never, never>;

export interface OpDefinition<Kind extends string, Attributes> {
  readonly kind: Kind;
  /** The types of the outputs. Throws `ShapeMismatch` if the inputs do not fit. */
  infer(inputs: readonly TensorType[], attributes: Attributes): TensorType[];
  /** Gradients of the inputs, as new operations of the same graph; absent if the operation is not differentiable. */
  gradient?(context: GradientContext<Attributes>): readonly (Value | undefined)[];
}

/** The `index`-th of a node's tensors, whose existence the operation's definition guarantees. */
export function nth<T>(values: readonly (T | undefined)[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new Error(`an operation misses its tensor ${index}`);
  return value;
}
