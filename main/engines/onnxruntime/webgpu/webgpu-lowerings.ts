/** What the WebGPU provider does otherwise than the plain lowerings. */
import type { LoweringTable } from '../lowering.ts';
import { lowerConv, lowerConvWeightGradient } from '../plain/convolution.ts';
import { plainLowerings } from '../plain/plain-lowerings.ts';
import { lowerCrossEntropyOnDevice } from './log-softmax.ts';
import { lowerMaxPoolGradientByPlaces } from './max-pool-gradient.ts';
import { perGroup } from './per-group.ts';
import { lowerVolumeAveragePoolGradient, lowerVolumeConvInputGradient } from './volumes.ts';

export const webgpuLowerings = {
  ...plainLowerings,
  averagePoolGradient: lowerVolumeAveragePoolGradient,
  conv: perGroup(lowerConv, { inputs: [1, 0], output: 1 }),
  convInputGradient: perGroup(lowerVolumeConvInputGradient, { inputs: [1, 0], output: 1 }),
  convWeightGradient: perGroup(lowerConvWeightGradient, { inputs: [1, 1], output: 0 }),
  maxPoolGradient: lowerMaxPoolGradientByPlaces,
  softmaxCrossEntropy: lowerCrossEntropyOnDevice,
} satisfies LoweringTable;
