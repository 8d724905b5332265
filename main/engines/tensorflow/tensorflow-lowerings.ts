/** Every operation by TensorFlow's kernels. */

import {
  lowerBatchNormInference,
  lowerBatchNormInferenceGradient,
  lowerBatchNormTraining,
  lowerBatchNormTrainingGradient,
} from './batch-norm.ts';
import { lowerConv, lowerConvInputGradient, lowerConvWeightGradient } from './convolution.ts';
import {
  lowerAdd,
  lowerConstant,
  lowerDropout,
  lowerExponentialAverage,
  lowerLinear,
  lowerMatMul,
  lowerPack,
  lowerRelu,
  lowerReluGradient,
  lowerReshape,
  lowerSgdAccumulate,
  lowerSgdUpdate,
  lowerSumOverBatch,
  lowerTally,
  lowerUnpack,
} from './elementwise.ts';
import {
  lowerCountCorrect,
  lowerSoftmax,
  lowerSoftmaxCrossEntropy,
  lowerSoftmaxCrossEntropyGradient,
  lowerSoftmaxGradient,
} from './loss.ts';
import type { LoweringTable } from './lowering.ts';
import {
  lowerAveragePool,
  lowerAveragePoolGradient,
  lowerGlobalAveragePool,
  lowerGlobalAveragePoolGradient,
  lowerMaxPool,
  lowerMaxPoolGradient,
} from './pooling.ts';

export const tensorFlowLowerings = {
  add: lowerAdd,
  averagePool: lowerAveragePool,
  averagePoolGradient: lowerAveragePoolGradient,
  batchNormInference: lowerBatchNormInference,
  batchNormInferenceGradient: lowerBatchNormInferenceGradient,
  batchNormTraining: lowerBatchNormTraining,
  batchNormTrainingGradient: lowerBatchNormTrainingGradient,
  constant: lowerConstant,
  conv: lowerConv,
  convInputGradient: lowerConvInputGradient,
  convWeightGradient: lowerConvWeightGradient,
  countCorrect: lowerCountCorrect,
  dropout: lowerDropout,
  exponentialAverage: lowerExponentialAverage,
  globalAveragePool: lowerGlobalAveragePool,
  globalAveragePoolGradient: lowerGlobalAveragePoolGradient,
  linear: lowerLinear,
  matMul: lowerMatMul,
  maxPool: lowerMaxPool,
  maxPoolGradient: lowerMaxPoolGradient,
  pack: lowerPack,
  relu: lowerRelu,
  reluGradient: lowerReluGradient,
  reshape: lowerReshape,
  sgdAccumulate: lowerSgdAccumulate,
  sgdUpdate: lowerSgdUpdate,
  softmax: lowerSoftmax,
  softmaxCrossEntropy: lowerSoftmaxCrossEntropy,
  softmaxCrossEntropyGradient: lowerSoftmaxCrossEntropyGradient,
  softmaxGradient: lowerSoftmaxGradient,
  sumOverBatch: lowerSumOverBatch,
  tally: lowerTally,
  unpack: lowerUnpack,
} satisfies LoweringTable;
