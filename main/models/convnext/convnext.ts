/** ConvNeXt (Liu et al., 2022). */
import { z } from 'zod';
import { at } from '../../at.ts';
import { type Architecture, keepsResolution } from '../architecture.ts';
import { branchesOf } from '../stochastic-depth.ts';
import { type ConvNextConfig, convNextShapes, DOWNSAMPLING } from './convnext-config.ts';
import { convNextNetwork } from './convnext-network.ts';
import { convNextLandmarks, inferConvNext } from './infer-convnext.ts';
import { initialConvNext } from './initialise-convnext.ts';

const PATCH_PX = 4;
const SMALL_PATCH_PX = 2;
const IMAGENET_SIZE_PX = 224;
const SMALL_SIZE_PX = 32;
const MOST_STAGES = 8;

export const convNext: Architecture<ConvNextConfig> = {
  title: 'ConvNeXt',
  advisedOptimiser: 'adamw',
  schema: z
    .object({
      family: z.literal('convnext'),
      depths: z.array(z.int().min(1)).min(1).max(MOST_STAGES),
      widths: z.array(z.int().min(1)).min(1),
      patchPx: z.int().min(1),
      classes: z.int().min(1),
    })
    .refine(({ depths, widths }) => depths.length === widths.length),
  landmarks: convNextLandmarks,
  classifier: { weight: 'classifier.2.weight', bias: 'classifier.2.bias' },
  shapes: convNextShapes,
  featureCount: ({ widths }) => at(widths, widths.length - 1),
  leastTensors: ({ depths }) => depths.reduce((sum, depth) => sum + depth, 0),
  stages: ({ depths }) => depths.length,
  depthOf({ depths }, tensor) {
    if (tensor.startsWith('classifier.')) return depths.length + 1;
    const place = Number(/^features\.(\d+)\./.exec(tensor)?.[1]);
    // The downsampling layer belongs to the stage after it.
    return place === 0 ? 0 : Math.floor(place / 2) + 1;
  },
  branches: ({ depths }) => branchesOf(depths.reduce((sum, depth) => sum + depth, 0)),
  build: convNextNetwork,
  infer: inferConvNext,
  initialise: initialConvNext,
  imageSizePx: ({ patchPx }) => (patchPx < PATCH_PX ? SMALL_SIZE_PX : IMAGENET_SIZE_PX),
  chosen(named, { width, blocks, stem }, imageSizePx) {
    const small = keepsResolution(stem, imageSizePx);
    const depths = blocks ?? named.depths;
    const first = width ?? at(named.widths, 0);
    const doubled = width !== null || blocks !== null;
    return {
      ...named,
      depths,
      widths: doubled ? depths.map((_, stage) => first * 2 ** stage) : named.widths,
      patchPx: small ? SMALL_PATCH_PX : stem === 'imagenet' ? PATCH_PX : named.patchPx,
    };
  },
  refusal({ depths, patchPx }, model, imageSizePx) {
    const leastPx = patchPx * DOWNSAMPLING ** (depths.length - 1);
    if (imageSizePx >= leastPx) return undefined;
    return `model is ${model}, which leaves nothing of images of ${imageSizePx} pixels: choose at least ${leastPx} for imageSizePx, or fewer stages.`;
  },
};
