import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { ShapeMismatch, sameShape } from '../program.ts';

/**
 * [x, noise of the same shape or of its leading axes, uniform in [0, 1)] → x / (1 − rate) where noise ≥ rate, else 0:
 * single numbers are dropped, or everything that shares one number of the noise, such as an image. The noise is an
 * input, so that a run can be repeated bit for bit on any engine.
 */
export const dropout: OpDefinition<'dropout', { readonly rate: number }> = {
  kind: 'dropout',
  infer(inputs) {
    const [x, noise] = [nth(inputs, 0), nth(inputs, 1)];
    if (!sameShape(x.shape.slice(0, noise.shape.length), noise.shape)) {
      throw new ShapeMismatch('dropout needs noise of the shape of its input, or of its first axes');
    }
    return [x];
  },
  gradient: ({ graph, inputs, attributes, outputGradients }) => [
    graph.applyOne(dropout, [nth(outputGradients, 0), nth(inputs, 1)], attributes),
    undefined,
  ],
};
