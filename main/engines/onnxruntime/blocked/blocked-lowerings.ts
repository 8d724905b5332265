/** The operations that the CPU provider computes in its blocked layout; all others use the plain lowerings. */
import type { LoweringTable } from '../lowering.ts';
import { plainLowerings } from '../plain/plain-lowerings.ts';
import { lowerBlockedBatchNormTraining, lowerBlockedBatchNormTrainingGradient } from './batch-norm.ts';
import type { BlockedContext } from './blocked-context.ts';
import { lowerBlockedConv, lowerBlockedConvInputGradient } from './convolution.ts';
import {
  lowerBlockedAdamWUpdate,
  lowerBlockedAdd,
  lowerBlockedDropout,
  lowerBlockedExponentialAverage,
  lowerBlockedRelu,
  lowerBlockedReluGradient,
  lowerBlockedSgdAccumulate,
  lowerBlockedSgdUpdate,
} from './elementwise.ts';
import {
  lowerBlockedGlobalAveragePool,
  lowerBlockedGlobalAveragePoolGradient,
  lowerBlockedMaxPool,
  lowerBlockedMaxPoolGradient,
} from './pooling.ts';
import { lowerBlockedTranspose } from './transpose.ts';
import { lowerBlockedConvWeightGradient } from './weight-gradient.ts';

export const blockedLowerings = {
  ...plainLowerings,
  adamwUpdate: lowerBlockedAdamWUpdate,
  add: lowerBlockedAdd,
  batchNormTraining: lowerBlockedBatchNormTraining,
  batchNormTrainingGradient: lowerBlockedBatchNormTrainingGradient,
  conv: lowerBlockedConv,
  convInputGradient: lowerBlockedConvInputGradient,
  convWeightGradient: lowerBlockedConvWeightGradient,
  dropout: lowerBlockedDropout,
  exponentialAverage: lowerBlockedExponentialAverage,
  globalAveragePool: lowerBlockedGlobalAveragePool,
  globalAveragePoolGradient: lowerBlockedGlobalAveragePoolGradient,
  maxPool: lowerBlockedMaxPool,
  maxPoolGradient: lowerBlockedMaxPoolGradient,
  relu: lowerBlockedRelu,
  reluGradient: lowerBlockedReluGradient,
  sgdAccumulate: lowerBlockedSgdAccumulate,
  sgdUpdate: lowerBlockedSgdUpdate,
  transpose: lowerBlockedTranspose,
} satisfies LoweringTable<BlockedContext>;
