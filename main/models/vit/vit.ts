/** Vision transformers: ViT, DeiT, DINO, DINOv2 with and without registers. */
import { z } from 'zod';
import { nth } from '../../graph/op-definition.ts';
import { type Architecture, keepsResolution } from '../architecture.ts';
import { branchesOf } from '../stochastic-depth.ts';
import { inferVit, vitLandmarks } from './infer-vit.ts';
import { initialVit } from './initialise-vit.ts';
import { resizedPositions } from './resize-positions.ts';
import { type VitConfig, vitShapes } from './vit-config.ts';
import { vitNetwork } from './vit-network.ts';

const SMALL_PATCH_PX = 4;
const LARGE_PATCH_PX = 16;
const HEAD_WIDTH = 64;
const POSITIONS = 'pos_embed';

export const vit: Architecture<VitConfig> = {
  title: 'ViT',
  advisedOptimiser: 'adamw',
  schema: z
    .object({
      family: z.literal('vit'),
      depth: z.int().min(1),
      width: z.int().min(1),
      heads: z.int().min(1),
      innerWidth: z.int().min(1),
      patchPx: z.int().min(1),
      gridSide: z.int().min(1),
      registers: z.int().min(0),
      classPosition: z.boolean(),
      layerScale: z.boolean(),
      classes: z.int().min(1),
    })
    .refine(({ width, heads }) => width % heads === 0),
  landmarks: vitLandmarks,
  classifier: { weight: 'head.weight', bias: 'head.bias' },
  shapes: vitShapes,
  featureCount: ({ width }) => width,
  leastTensors: ({ depth }) => depth,
  // Each block counts as a stage.
  stages: ({ depth }) => depth,
  depthOf({ depth }, tensor) {
    if (/^(?:norm|head)\./.test(tensor)) return depth + 1;
    const block = /^blocks\.(\d+)\./.exec(tensor)?.[1];
    return block === undefined ? 0 : Number(block) + 1;
  },
  branches: ({ depth }) => branchesOf(depth, 2),
  build: vitNetwork,
  infer: inferVit,
  initialise: initialVit,
  imageSizePx: ({ gridSide, patchPx }) => gridSide * patchPx,
  forImages: (config, imageSizePx) => ({ ...config, gridSide: Math.max(1, Math.floor(imageSizePx / config.patchPx)) }),
  fitted(weights, from, to) {
    if (from.gridSide === to.gridSide) return new Map(weights);
    const positions = nth([weights.get(POSITIONS)], 0);
    const first = Number(from.classPosition) * from.width;
    const resized = resizedPositions(positions.subarray(first), from.gridSide, to.gridSide);
    const fitted = new Float32Array(first + resized.length);
    fitted.set(positions.subarray(0, first));
    fitted.set(resized, first);
    return new Map(weights).set(POSITIONS, fitted);
  },
  chosen(named, { width, blocks, stem }, imageSizePx) {
    const small = keepsResolution(stem, imageSizePx);
    const patchPx = small ? SMALL_PATCH_PX : stem === 'imagenet' ? LARGE_PATCH_PX : named.patchPx;
    const wide =
      width === null ? {} : { width, heads: Math.max(1, Math.floor(width / HEAD_WIDTH)), innerWidth: 4 * width };
    const depth = blocks ? blocks.reduce((sum, count) => sum + count, 0) : named.depth;
    return { ...named, ...wide, depth, patchPx, gridSide: Math.max(1, Math.floor(imageSizePx / patchPx)) };
  },
  refusal({ width, heads, patchPx, gridSide }, model, imageSizePx) {
    if (width % heads !== 0) {
      const nearest = HEAD_WIDTH * Math.max(1, Math.round(width / HEAD_WIDTH));
      return `width is ${width}, which the ${heads} heads of ${model} cannot share: choose a multiple of ${HEAD_WIDTH}, such as ${nearest}.`;
    }
    if (gridSide * patchPx === imageSizePx) return undefined;
    const sizes = [gridSide, gridSide + 1].map((side) => side * patchPx).join(' or ');
    return `model is ${model}, whose patches of ${patchPx} pixels do not fill images of ${imageSizePx}: choose ${sizes} for imageSizePx.`;
  },
};
