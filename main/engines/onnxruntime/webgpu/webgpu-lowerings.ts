/** Where the WebGPU provider differs from the plain lowerings. */
import { nth } from '../../../graph/op-definition.ts';
import type { Lowering, LoweringTable } from '../lowering.ts';
import { convAttributes } from '../plain/convolution.ts';
import { plainLowerings } from '../plain/plain-lowerings.ts';
import { lowerBatchNormTrainingGradientOnDevice, lowerBatchNormTrainingOnDevice } from './batch-norm.ts';
import { lowerCrossEntropyOnDevice } from './log-softmax.ts';
import { lowerMaxPoolGradientByPlaces } from './max-pool-gradient.ts';
import { perGroup } from './per-group.ts';
import { lowerConvInputGradientByConvolution, lowerVolumeAveragePoolGradient } from './transposed-convolution.ts';
import { lowerConvWeightGradientByProducts } from './weight-gradient.ts';
import { inWholeFours } from './whole-fours.ts';

const lowerConv: Lowering<'conv'> = (context, node) => {
  const named = (index: number) => ({ name: context.input(node, index), shape: nth(node.inputs, index).shape });
  return [context.onnx.node('Conv', inWholeFours(context.onnx, named(0), named(1)), convAttributes(node))];
};

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
