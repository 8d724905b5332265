import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { dimension, ShapeMismatch } from '../program.ts';
import { softmaxCrossEntropyGradient } from './softmax-cross-entropy-gradient.ts';

export interface CrossEntropyAttributes {
  /** The share of each target that is spread evenly over all classes (Szegedy et al., 2016); 0 for none. */
  readonly labelSmoothing: number;
}

/** [logits [N, C], targets: int32 class ids [N] or float32 distributions [N, C]] → the mean loss over N, shape []. */
export const softmaxCrossEntropy: OpDefinition<'softmaxCrossEntropy', CrossEntropyAttributes> = {
  kind: 'softmaxCrossEntropy',
  infer(inputs) {
    const [logits, targets] = [nth(inputs, 0), nth(inputs, 1)];
    const expected = targets.dtype === 'int32' ? 1 : 2;
    if (targets.shape.length !== expected || dimension(targets.shape, 0) !== dimension(logits.shape, 0)) {
      throw new ShapeMismatch(`targets [${targets.shape.join()}] for logits [${logits.shape.join()}]`);
    }
    return [{ shape: [], dtype: 'float32' }];
  },
  gradient: ({ graph, inputs, attributes, outputGradients }) => [
    graph.applyOne(softmaxCrossEntropyGradient, [nth(outputGradients, 0), ...inputs], attributes),
    undefined,
  ],
};
