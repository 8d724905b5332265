import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { dimension, ShapeMismatch } from '../program.ts';

export interface TransposeAttributes {
  /** For each axis of the result, the corresponding axis of x. */
  readonly order: readonly number[];
}

/** [x] → the same elements with the axes in another order. */
export const transpose: OpDefinition<'transpose', TransposeAttributes> = {
  kind: 'transpose',
  infer(inputs, { order }) {
    const { shape, dtype } = nth(inputs, 0);
    if ([...order].sort((a, b) => a - b).join() !== [...shape.keys()].join()) {
      throw new ShapeMismatch(`the axes of [${shape.join()}] in the order ${order.join()}`);
    }
    return [{ shape: order.map((axis) => dimension(shape, axis)), dtype }];
  },
  gradient: ({ graph, attributes: { order }, outputGradients }) => [
    graph.applyOne(transpose, [nth(outputGradients, 0)], {
      order: [...order.keys()].map((axis) => order.indexOf(axis)),
    }),
  ],
};
