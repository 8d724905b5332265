import type { OpDefinition } from '../op-definition.ts';
import { nth } from '../op-definition.ts';
import type { BatchNormAttributes } from './batch-norm-training.ts';

/**
 * [dy, x, scale, mean, variance] → [dx, dScale, dBias] of `batchNormTraining`; dx includes the path through the batch
 * statistics.
 */
export const batchNormTrainingGradient: OpDefinition<'batchNormTrainingGradient', BatchNormAttributes> = {
  kind: 'batchNormTrainingGradient',
  infer: (inputs) => [nth(inputs, 1), nth(inputs, 2), nth(inputs, 2)],
};
