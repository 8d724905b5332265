/** R(2+1)D (Tran et al., 2018) under torchvision's names. */
import { z } from 'zod';
import { type Architecture, keepsResolution } from '../architecture.ts';
import { initialConvolutional } from '../residual/initialise-residual.ts';
import { branchesOf } from '../stochastic-depth.ts';
import { inferR2plus1d } from './infer-r2plus1d.ts';
import { featureCount, parameterShapes, type R2plus1dConfig, r2plus1dStems } from './r2plus1d-config.ts';
import { r2plus1dNetwork } from './r2plus1d-network.ts';

const KINETICS_SIZE_PX = 112;
const SMALL_SIZE_PX = 32;
const MOST_STAGES = 8;
const MOST_FRAMES = 1024;
const CLASSIFIER = { weight: 'fc.weight', bias: 'fc.bias' } as const;

export const r2plus1d: Architecture<R2plus1dConfig> = {
  title: 'R(2+1)D',
  advisedOptimiser: 'sgd',
  schema: z.object({
    family: z.literal('r2plus1d'),
    layers: z.array(z.int().min(1)).min(1).max(MOST_STAGES),
    width: z.int().min(1),
    stem: z.enum(r2plus1dStems),
    frames: z.int().min(1).max(MOST_FRAMES),
    classes: z.int().min(1),
  }),
  landmarks: [
    {
      stem: 'stem.0.weight',
      firstBlock: 'layer1.0.conv1.0.0.weight',
      classifier: [CLASSIFIER.weight, CLASSIFIER.bias],
    },
  ],
  classifier: CLASSIFIER,
  shapes: parameterShapes,
  featureCount,
  leastTensors: ({ layers }) => layers.reduce((sum, blocks) => sum + blocks, 0),
  stages: ({ layers }) => layers.length,
  depthOf({ layers }, tensor) {
    if (tensor.startsWith('fc.')) return layers.length + 1;
    const stage = /^layer(\d+)\./.exec(tensor)?.[1];
    return stage === undefined ? 0 : Number(stage);
  },
  frames: ({ frames }) => frames,
  forFrames: (config, frames) => ({ ...config, frames }),
  branches: ({ layers }) => branchesOf(layers.reduce((sum, blocks) => sum + blocks, 0)),
  build: r2plus1dNetwork,
  infer(shapes) {
    const network = inferR2plus1d(shapes);
    return (
      network && { network, tensors: new Map([...shapes].map(([name, shape]) => [name, { storedAs: name, shape }])) }
    );
  },
  initialise: (config, seed) => initialConvolutional(parameterShapes(config), config.classes, seed),
  imageSizePx: ({ stem }) => (stem === 'imagenet' ? KINETICS_SIZE_PX : SMALL_SIZE_PX),
  chosen(named, choice, imageSizePx) {
    const small = keepsResolution(choice.stem, imageSizePx);
    const stem = small ? 'small' : choice.stem === 'auto' ? named.stem : choice.stem;
    const { width, blocks, frames } = choice;
    return {
      ...named,
      stem,
      width: width ?? named.width,
      layers: blocks ?? named.layers,
      frames: frames ?? named.frames,
    };
  },
  refusal: () => undefined,
};
