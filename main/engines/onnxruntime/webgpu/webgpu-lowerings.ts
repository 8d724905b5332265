/** What the WebGPU provider does otherwise than the plain lowerings. */
import type { LoweringTable } from '../lowering.ts';
import { lowerConv } from '../plain/convolution.ts';
import { plainLowerings } from '../plain/plain-lowerings.ts';
import { lowerBatchNormTrainingGradientOnDevice, lowerBatchNormTrainingOnDevice } from './batch-norm.ts';
import { lowerCrossEntropyOnDevice } from './log-softmax.ts';
import { lowerMaxPoolGradientByPlaces } from './max-pool-gradient.ts';
import { perGroup } from './per-group.ts';
import { lowerConvInputGradientByConvolution, lowerVolumeAveragePoolGradient } from './transposed-convolution.ts';
import { lowerConvWeightGradientByProducts } from './weight-gradient.ts';

export const webgpuLowerings = {
  ...plainLowerings,
  averagePoolGradient: lowerVolumeAveragePoolGradient,
  batchNormTraining: lowerBatchNormTrainingOnDevice,
  batchNormTrainingGradient: lowerBatchNormTrainingGradientOnDevice,
  conv: perGroup(lowerConv),
  convInputGradient: perGroup(lowerConvInputGradientByConvolution),
  convWeightGradient: lowerConvWeightGradientByProducts,
  maxPoolGradient: lowerMaxPoolGradientByPlaces,
  softmaxCrossEntropy: lowerCrossEntropyOnDevice,
} satisfies LoweringTable;
