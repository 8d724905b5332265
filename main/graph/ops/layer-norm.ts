import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { dimension, ShapeMismatch, sameShape } from '../program.ts';
import { layerNormGradient } from './layer-norm-gradient.ts';

export interface LayerNormAttributes {
  readonly epsilon: number;
}

/**
 * [x [..., C], scale [C], bias [C]] → each row of C numbers minus its mean, divided by √(its variance + ε), scaled and
 * shifted (Ba et al., 2016). The variance divides by C.
 */
export const layerNorm: OpDefinition<'layerNorm', LayerNormAttributes> = {
  kind: 'layerNorm',
  infer(inputs) {
    const [x, scale, bias] = [nth(inputs, 0), nth(inputs, 1), nth(inputs, 2)];
    const row = [dimension(x.shape, x.shape.length - 1)];
    if (!sameShape(scale.shape, row) || !sameShape(bias.shape, row)) {
      throw new ShapeMismatch(
        `layer norm of [${x.shape.join()}] by [${scale.shape.join()}] and [${bias.shape.join()}]`,
      );
    }
    return [x];
  },
  gradient({ graph, inputs, attributes, outputGradients }) {
    const [x, scale, dy] = [nth(inputs, 0), nth(inputs, 1), nth(outputGradients, 0)];
    return graph.apply(layerNormGradient, [dy, x, scale], attributes);
  },
};
