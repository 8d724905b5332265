import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import { batchNormInferenceGradient } from './batch-norm-inference-gradient.ts';
import type { BatchNormAttributes } from './batch-norm-training.ts';

/** [x [N, C, ...], scale, bias, mean, variance (each [C])] → (x − mean) / √(variance + ε) · scale + bias. */
export const batchNormInference: OpDefinition<'batchNormInference', BatchNormAttributes> = {
  kind: 'batchNormInference',
  infer: (inputs) => [nth(inputs, 0)],
  gradient({ graph, inputs, attributes, outputGradients }) {
    const [x, scale, , mean, variance] = inputs;
    if (!x || !scale || !mean || !variance) throw new Error('batchNormInference misses an input');
    // The statistics are fixed: no gradient is needed for them.
    return graph.apply(batchNormInferenceGradient, [nth(outputGradients, 0), x, scale, mean, variance], attributes);
  },
};
