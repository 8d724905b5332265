/** Every operation in standard ONNX operators: what any execution provider can run. */
import type { LoweringTable } from '../lowering.ts';
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
  lowerRelu,
  lowerReluGradient,
  lowerReshape,
  lowerSgdAccumulate,
  lowerSgdUpdate,
  lowerSumOverBatch,
  lowerTally,
} from './elementwise.ts';
import {
  lowerCountCorrect,
  lowerSoftmax,
  lowerSoftmaxCrossEntropy,
  lowerSoftmaxCrossEntropyGradient,
  lowerSoftmaxGradient,
} from './loss.ts';
import {
  lowerAveragePool,
  lowerAveragePoolGradient,
  lowerGlobalAveragePool,
  lowerGlobalAveragePoolGradient,
  lowerMaxPool,
  lowerMaxPoolGradient,
} from './pooling.ts';

export const plainLowerings = {
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
} satisfies LoweringTable;
