import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import type { Shape } from '../program.ts';
import { elementCount, ShapeMismatch } from '../program.ts';

/** [x] → the same elements in row-major order with another shape; flattening is reshaping to [N, −]. */
export const reshape: OpDefinition<'reshape', { readonly shape: Shape }> = {
  kind: 'reshape',
  infer(inputs, { shape }) {
    const x = nth(inputs, 0);
    if (elementCount(x.shape) !== elementCount(shape)) {
      throw new ShapeMismatch(`[${x.shape.join()}] reshaped to [${shape.join()}]`);
    }
    return [{ shape, dtype: x.dtype }];
  },
  gradient: ({ graph, inputs, outputGradients }) => [
    graph.applyOne(reshape, [nth(outputGradients, 0)], { shape: nth(inputs, 0).shape }),
  ],
};
