import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import type { BatchNormAttributes } from './batch-norm-training.ts';

/** [dy, x, scale, mean, variance] → [dx, dScale, dBias] of `batchNormInference`, whose statistics are constants. */
export const batchNormInferenceGradient: OpDefinition<'batchNormInferenceGradient', BatchNormAttributes> = {
  kind: 'batchNormInferenceGradient',
  infer: (inputs) => [nth(inputs, 1), nth(inputs, 2), nth(inputs, 2)],
};
