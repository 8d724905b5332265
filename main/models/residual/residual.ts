/** ResNet and ResNeXt (He et al., 2015; Xie et al., 2016) with torchvision's names, which are also timm's. */
import { z } from 'zod';
import { type Architecture, keepsResolution } from '../architecture.ts';
import { branchesOf } from '../stochastic-depth.ts';
import { inferResidual } from './infer-residual.ts';
import { initialResidual } from './initialise-residual.ts';
import {
  blockShapes,
  featureCount,
  parameterShapes,
  type ResidualConfig,
  residualBlocks,
  residualStems,
} from './residual-config.ts';
import { residualNetwork } from './residual-network.ts';

const IMAGENET_SIZE_PX = 224;
const SMALL_SIZE_PX = 32;
const CLASSIFIER = { weight: 'fc.weight', bias: 'fc.bias' } as const;

export const residual: Architecture<ResidualConfig> = {
  title: 'ResNet or ResNeXt',
  advisedOptimiser: 'sgd',
  schema: z.object({
    block: z.enum(residualBlocks),
    layers: z.array(z.int().min(1)).min(1),
    width: z.int().min(1),
    groups: z.int().min(1),
    widthPerGroup: z.int().min(1),
    stem: z.enum(residualStems),
    classes: z.int().min(1),
  }),
  landmarks: [
    { stem: 'conv1.weight', firstBlock: 'layer1.0.conv1.weight', classifier: [CLASSIFIER.weight, CLASSIFIER.bias] },
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
  branches: ({ layers }) => branchesOf(layers.reduce((sum, blocks) => sum + blocks, 0)),
  build: residualNetwork,
  infer(shapes) {
    const network = inferResidual(shapes);
    return (
      network && { network, tensors: new Map([...shapes].map(([name, shape]) => [name, { storedAs: name, shape }])) }
    );
  },
  initialise: initialResidual,
  imageSizePx: ({ stem }) => (stem === 'imagenet' ? IMAGENET_SIZE_PX : SMALL_SIZE_PX),
  chosen(named, choice, imageSizePx) {
    const small = keepsResolution(choice.stem, imageSizePx);
    const stem = small ? 'small' : choice.stem === 'auto' ? named.stem : choice.stem;
    return { ...named, stem, width: choice.width ?? named.width, layers: choice.blocks ?? named.layers };
  },
  refusal(config, model) {
    if (blockShapes(config).every(({ innerChannels }) => innerChannels > 0)) return undefined;
    const least = Math.ceil(64 / config.widthPerGroup);
    return `width is ${config.width}, which leaves the groups of ${model} without a channel: choose at least ${least}.`;
  },
};
