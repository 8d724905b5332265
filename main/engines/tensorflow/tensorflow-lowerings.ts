/** Every operation with TensorFlow's kernels. */

import { lowerBroadcastAdd, lowerConcat, lowerMultiply, lowerPad, lowerSplit, lowerTranspose } from './arranging.ts';
import {
  lowerBatchNormInference,
  lowerBatchNormInferenceGradient,
  lowerBatchNormTraining,
  lowerBatchNormTrainingGradient,
} from './batch-norm.ts';
import { lowerConv, lowerConvInputGradient, lowerConvWeightGradient } from './convolution.ts';
import {
  lowerAdamWUpdate,
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
import { lowerGelu, lowerGeluGradient } from './gelu.ts';
import { lowerLayerNorm, lowerLayerNormGradient } from './layer-norm.ts';
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
import { lowerSamplePixels } from './sample-pixels.ts';

export const tensorFlowLowerings = {
  adamwUpdate: lowerAdamWUpdate,
  add: lowerAdd,
  averagePool: lowerAveragePool,
  averagePoolGradient: lowerAveragePoolGradient,
  batchNormInference: lowerBatchNormInference,
  batchNormInferenceGradient: lowerBatchNormInferenceGradient,
  batchNormTraining: lowerBatchNormTraining,
  batchNormTrainingGradient: lowerBatchNormTrainingGradient,
  broadcastAdd: lowerBroadcastAdd,
  concat: lowerConcat,
  constant: lowerConstant,
  conv: lowerConv,
  convInputGradient: lowerConvInputGradient,
  convWeightGradient: lowerConvWeightGradient,
  countCorrect: lowerCountCorrect,
  dropout: lowerDropout,
  exponentialAverage: lowerExponentialAverage,
  gelu: lowerGelu,
  geluGradient: lowerGeluGradient,
  globalAveragePool: lowerGlobalAveragePool,
  globalAveragePoolGradient: lowerGlobalAveragePoolGradient,
  layerNorm: lowerLayerNorm,
  layerNormGradient: lowerLayerNormGradient,
  linear: lowerLinear,
  matMul: lowerMatMul,
  maxPool: lowerMaxPool,
  maxPoolGradient: lowerMaxPoolGradient,
  multiply: lowerMultiply,
  pack: lowerPack,
  pad: lowerPad,
  relu: lowerRelu,
  reluGradient: lowerReluGradient,
  reshape: lowerReshape,
  samplePixels: lowerSamplePixels,
  sgdAccumulate: lowerSgdAccumulate,
  sgdUpdate: lowerSgdUpdate,
  softmax: lowerSoftmax,
  softmaxCrossEntropy: lowerSoftmaxCrossEntropy,
  softmaxCrossEntropyGradient: lowerSoftmaxCrossEntropyGradient,
  softmaxGradient: lowerSoftmaxGradient,
  split: lowerSplit,
  sumOverBatch: lowerSumOverBatch,
  tally: lowerTally,
  transpose: lowerTranspose,
  unpack: lowerUnpack,
} satisfies LoweringTable;
