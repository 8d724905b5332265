/**
 * From a program's operations to TensorFlow's kernels. The lowering table gives, for every operation, the kernels that
 * compute it, immediately and on the tensors of one run; the context keeps the tensors. TensorFlow computes with the
 * channels last: after a convolution or a pool a value is held that way, and is transposed only where something needs
 * the other layout.
 */
import type { Tensor } from '@tensorflow/tfjs-core';
import { nth } from '../../graph/op-definition.ts';
import type { OpKind } from '../../graph/ops/operations.ts';
import type { AnyNode, Node, Value } from '../../graph/program.ts';

/** The library as provided by the user's package, or by a test. */
export type TensorFlow = typeof import('@tensorflow/tfjs-core');

/** One value in one of its layouts or in both: the program's own [N, C, ...spatial], or [N, ...spatial, C]. */
export interface Held {
  logical?: Tensor;
  channelsLast?: Tensor;
}

export class TensorContext {
  readonly tf: TensorFlow;
  readonly #held = new Map<number, Held>();

  constructor(tf: TensorFlow) {
    this.tf = tf;
  }

  /** Takes ownership: the tensors are disposed of with the context. */
  bind(value: Value, held: Held): void {
    this.#held.set(value.id, held);
  }

  logical(value: Value): Tensor {
    const held = this.#of(value);
    held.logical ??= this.#turned(held.channelsLast, ([batch = 0, ...rest]) => [batch, ...rest.splice(-1), ...rest]);
    return held.logical;
  }

  channelsLast(value: Value): Tensor {
    const held = this.#of(value);
    held.channelsLast ??= this.#turned(held.logical, ([batch = 0, channel = 1, ...rest]) => [batch, ...rest, channel]);
    return held.channelsLast;
  }

  /** Values of one shape, all in the layout of the first one. */
  alike<Count extends readonly Value[]>(
    ...values: Count
  ): { layout: keyof Held; tensors: { [Index in keyof Count]: Tensor } } {
    const layout = this.#of(nth(values, 0)).channelsLast ? 'channelsLast' : 'logical';
    const tensors = values.map((value) => this[layout](value));
    return { layout, tensors: tensors as { [Index in keyof Count]: Tensor } };
  }

  release(value: Value): void {
    const { logical, channelsLast } = this.#held.get(value.id) ?? {};
    logical?.dispose();
    channelsLast?.dispose();
    this.#held.delete(value.id);
  }

  dispose(): void {
    for (const { logical, channelsLast } of this.#held.values()) {
      logical?.dispose();
      channelsLast?.dispose();
    }
    this.#held.clear();
  }

  #of(value: Value): Held {
    const held = this.#held.get(value.id);
    if (!held) throw new Error(`value ${value.id} is used before it is made`);
    return held;
  }

  /** Kept alive: it is created while a node is computed, but outlives it. */
  #turned(tensor: Tensor | undefined, order: (axes: number[]) => number[]): Tensor {
    if (!tensor) throw new Error('a value is held in no layout');
    return this.tf.keep(this.tf.transpose(tensor, order(tensor.shape.map((_, axis) => axis))));
  }
}

/** Returns the outputs of one operation, in order. The caller disposes of all other tensors it creates. */
export type Lowering<Kind extends OpKind> = (context: TensorContext, node: Node<Kind>) => readonly Held[];
export type LoweringTable = { readonly [Kind in OpKind]: Lowering<Kind> };

/** Computes the node; the context owns its outputs. */
export function computeNode(context: TensorContext, table: LoweringTable, node: AnyNode): void {
  // The table's entry for a kind takes nodes of that kind; TypeScript cannot follow that through the union.
  const lowering = table[node.kind] as Lowering<OpKind>;
  let made: readonly Held[] = [];
  context.tf.tidy(() => {
    made = lowering(context, node);
    return made.flatMap(({ logical, channelsLast }) => [logical ?? [], channelsLast ?? []].flat());
  });
  node.outputs.forEach((output, index) => {
    context.bind(output, nth(made, index));
  });
}
