/**
 * Static typed programs, which engines run. A program is a list of semantic operations over values of fixed shape, with
 * named inputs, named state (parameters, momenta, running statistics: each with the value it takes after a run) and
 * named outputs. It knows nothing of how an engine computes, nor of images or classes. Layouts are logical and
 * PyTorch's: activations [N, C, ...spatial], convolution weights [Co, Ci/groups, ...kernel].
 */
import type { Operations, OpKind } from './ops/operations.ts';

/** `uint8` is for pixels, which are inputs of a program; all values it computes have one of the other two types. */
export type DType = 'float32' | 'int32' | 'uint8';
export type Shape = readonly number[];

/** The static type of a tensor. */
export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

/** One tensor of a program; `id` is unique within the program. */
export interface Value extends TensorType {
  readonly id: number;
}

/** One operation of a program. */
export interface Node<Kind extends OpKind = OpKind> {
  readonly kind: Kind;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Operations[Kind]['attributes'];
}

/** A node of any kind, as a closed union over `kind`. */
export type AnyNode = { readonly [Kind in OpKind]: Node<Kind> }[OpKind];

/** A tensor that persists between runs. Without `next` it is a constant of the program (inference weights). */
export interface StateVariable {
  readonly name: string;
  readonly value: Value;
  readonly next: Value | undefined;
}

export interface Program {
  readonly inputs: ReadonlyMap<string, Value>;
  readonly state: readonly StateVariable[];
  readonly outputs: ReadonlyMap<string, Value>;
  /** In topological order. */
  readonly nodes: readonly AnyNode[];
}

/** The number of elements of a shape. */
export function elementCount(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** The dimension at `axis`; requesting one that does not exist is a bug in the code that builds the program. */
export function dimension(shape: Shape, axis: number): number {
  const size = shape[axis];
  if (size === undefined) throw new ShapeMismatch(`axis ${axis} of [${shape.join(', ')}]`);
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** Thrown while a program is built, if the tensors given to an operation do not fit together. */
export class ShapeMismatch extends Error {
  override readonly name = 'ShapeMismatch';
}
