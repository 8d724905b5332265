/** What the WebGPU provider does otherwise than the plain lowerings. */
import type { LoweringTable } from '../lowering.ts';
import { plainLowerings } from '../plain/plain-lowerings.ts';
import { lowerMaxPoolGradientByPlaces } from './max-pool-gradient.ts';

export const webgpuLowerings = {
  ...plainLowerings,
  maxPoolGradient: lowerMaxPoolGradientByPlaces,
} satisfies LoweringTable;
