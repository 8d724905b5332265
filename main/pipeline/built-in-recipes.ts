/** The built-in recipes. */
import type { RecipeInput } from './recipe-schema.ts';

const smallOptimiser = { momentum: 0.9, weightDecay: 5e-4, nesterov: true };
const smallCrop = { crop: 'reflectPad', cropPaddingPx: 4, horizontalFlip: true } as const;
const oneCycle = (images: number, peakRate = 0.2) =>
  ({ images, optimiser: smallOptimiser, schedule: { kind: 'oneCycle', peakRate }, augmentation: smallCrop }) as const;
const smallNetwork = (width: number) => ({ model: 'small-basic', width, blocks: [1, 1, 1], stem: 'small' as const });

/** Scales itself to the collection; lengths and rates that work well for small and medium-sized ones. */
const scaled: RecipeInput = {
  teacher: {
    model: 'resnet18',
    training: { schedule: { kind: 'oneCycle' }, optimiser: smallOptimiser },
  },
  student: { model: 'resnet18' },
  supervised: { training: { schedule: { kind: 'oneCycle' }, optimiser: smallOptimiser } },
  pretrain: { schedule: { kind: 'oneCycle' }, optimiser: smallOptimiser },
  finetune: { schedule: { kind: 'oneCycle' }, optimiser: smallOptimiser },
};

/**
 * Section 4.1 of the paper: ResNet-50 student, ResNeXt-101 32×4 teacher (32×48 needed a hashtag pre-training), 224
 * pixels.
 */
const paper: RecipeInput = {
  imageSizePx: 224,
  batch: 1536,
  teacher: { model: 'resnext101_32x4d', training: { images: 250_000_000 } },
  student: { model: 'resnet50' },
  supervised: { training: { images: 250_000_000 } },
  label: { topP: 10 },
  pretrain: { images: 1_000_000_000 },
  finetune: { schedule: { kind: 'step', peakRate: 0.0015, factor: 10, phases: 3 } },
};

/** CIFAR-10 as JPEG files, 4,000 labelled and 41,000 unlabelled: minutes on two cores. */
const cifarSmall: RecipeInput = {
  imageSizePx: 32,
  batch: 128,
  teacher: { ...smallNetwork(48), training: oneCycle(120_000) },
  student: smallNetwork(16),
  supervised: { training: oneCycle(120_000) },
  label: { topP: 3, batch: 128 },
  select: { k: 3000 },
  pretrain: oneCycle(250_000),
  finetune: oneCycle(40_000, 0.01),
};

/**
 * The generated sample collection, 30 labels per class: about three minutes on two cores. Mixing images keeps the wide
 * teacher from memorising its few images; the narrow student, trained on labels alone, does better without.
 */
const demo: RecipeInput = {
  imageSizePx: 32,
  batch: 64,
  teacher: {
    ...smallNetwork(24),
    training: { ...oneCycle(16_000, 0.1), augmentation: { ...smallCrop, mix: 'mixup', mixAlpha: 0.5 } },
  },
  student: smallNetwork(8),
  supervised: { training: oneCycle(24_000, 0.1) },
  label: { topP: 2, batch: 128 },
  select: { k: 200 },
  pretrain: oneCycle(40_000, 0.1),
  finetune: oneCycle(4_000, 0.003),
};

/** Never flipped: in a mirrored clip, movement to the left would become movement to the right. */
export const unflipped = { horizontalFlip: false } as const;
const scaledTraining = { schedule: { kind: 'oneCycle' }, optimiser: smallOptimiser, augmentation: unflipped } as const;

/** For projects of clips; scales itself to the collection. */
const clips: RecipeInput = {
  teacher: { model: 'r2plus1d_18', training: scaledTraining },
  student: { model: 'r2plus1d_18' },
  supervised: { training: scaledTraining },
  pretrain: scaledTraining,
  finetune: scaledTraining,
};

/** Clips of about 16 to 32 pixels: minutes on two cores. */
const clipsSmall: RecipeInput = {
  ...clips,
  batch: 32,
  teacher: { model: 'small-clips', width: 16, training: scaledTraining },
  student: { model: 'small-clips', width: 8 },
};

export const builtInRecipes: Readonly<Record<string, RecipeInput>> = {
  default: scaled,
  paper,
  'cifar-small': cifarSmall,
  demo,
  clips,
  'clips-small': clipsSmall,
};
