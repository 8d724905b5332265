/**
 * The table of all operations. An engine's lowering table must have an entry for each: it does not compile until a new
 * one is added.
 */
import type { OpDefinition } from '../op-definition.ts';
import { adamwUpdate } from './adamw-update.ts';
import { add } from './add.ts';
import { averagePool } from './average-pool.ts';
import { averagePoolGradient } from './average-pool-gradient.ts';
import { batchNormInference } from './batch-norm-inference.ts';
import { batchNormInferenceGradient } from './batch-norm-inference-gradient.ts';
import { batchNormTraining } from './batch-norm-training.ts';
import { batchNormTrainingGradient } from './batch-norm-training-gradient.ts';
import { broadcastAdd } from './broadcast-add.ts';
import { constant } from './constant.ts';
import { conv } from './conv.ts';
import { convInputGradient } from './conv-input-gradient.ts';
import { convWeightGradient } from './conv-weight-gradient.ts';
import { countCorrect } from './count-correct.ts';
import { dropout } from './dropout.ts';
import { exponentialAverage } from './exponential-average.ts';
import { gelu } from './gelu.ts';
import { geluGradient } from './gelu-gradient.ts';
import { globalAveragePool } from './global-average-pool.ts';
import { globalAveragePoolGradient } from './global-average-pool-gradient.ts';
import { concat, pad, split } from './joining.ts';
import { layerNorm } from './layer-norm.ts';
import { layerNormGradient } from './layer-norm-gradient.ts';
import { linear } from './linear.ts';
import { matMul } from './mat-mul.ts';
import { maxPool } from './max-pool.ts';
import { maxPoolGradient } from './max-pool-gradient.ts';
import { multiply } from './multiply.ts';
import { pack } from './pack.ts';
import { relu } from './relu.ts';
import { reluGradient } from './relu-gradient.ts';
import { reshape } from './reshape.ts';
import { samplePixels } from './sample-pixels.ts';
import { sgdAccumulate } from './sgd-accumulate.ts';
import { sgdUpdate } from './sgd-update.ts';
import { softmax } from './softmax.ts';
import { softmaxCrossEntropy } from './softmax-cross-entropy.ts';
import { softmaxCrossEntropyGradient } from './softmax-cross-entropy-gradient.ts';
import { softmaxGradient } from './softmax-gradient.ts';
import { sumOverBatch } from './sum-over-batch.ts';
import { tally } from './tally.ts';
import { transpose } from './transpose.ts';
import { unpack } from './unpack.ts';

export const operations = {
  adamwUpdate,
  add,
  averagePool,
  averagePoolGradient,
  batchNormInference,
  batchNormInferenceGradient,
  batchNormTraining,
  batchNormTrainingGradient,
  broadcastAdd,
  concat,
  constant,
  conv,
  convInputGradient,
  convWeightGradient,
  countCorrect,
  dropout,
  exponentialAverage,
  gelu,
  geluGradient,
  globalAveragePool,
  globalAveragePoolGradient,
  layerNorm,
  layerNormGradient,
  linear,
  matMul,
  maxPool,
  maxPoolGradient,
  multiply,
  pack,
  pad,
  relu,
  reluGradient,
  reshape,
  samplePixels,
  sgdAccumulate,
  sgdUpdate,
  softmax,
  softmaxCrossEntropy,
  softmaxCrossEntropyGradient,
  softmaxGradient,
  split,
  sumOverBatch,
  tally,
  transpose,
  unpack,
};

type Table = typeof operations;

export type OpKind = keyof Table;

type AttributesOf<Definition> = Definition extends OpDefinition<string, infer Attributes> ? Attributes : never;

/** Maps an operation's kind to its attributes. */
export type Operations = {
  readonly [Kind in OpKind]: { readonly attributes: AttributesOf<Table[Kind]> };
};
