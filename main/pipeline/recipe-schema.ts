/**
 * The recipe: everything that determines a run, typed, with the paper's defaults. Lengths are counted in images
 * processed. `auto` values are resolved for a collection by `resolve-recipe.ts`.
 */

import { z } from 'zod';
import { selectionOrders } from '../catalogue/selection.ts';
import { deviceKindNames, deviceName, parseDevice } from '../engines/device.ts';
import { mixes } from '../images/mix.ts';
import { architectureNames } from '../models/family.ts';
import { decayedTensors } from '../models/optimiser-step.ts';
import { residualStems } from '../models/residual/residual-config.ts';

const rate = z.number().positive();
const share = z.number().min(0).max(1);
const count = z.int().min(1);
const auto = z.literal('auto');

const peakRate = rate.or(auto).default('auto').describe('auto: by the optimiser, lower from brought weights');

const schedule = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('warmupHalving'),
    startRate: rate.default(0.1).describe('where the warm-up begins'),
    peakRate: rate.or(auto).default('auto').describe('auto: 0.1 / 256 · batch, at least the start'),
    warmupShare: share.default(0.05),
    halvings: z.int().min(0).default(13).describe('how often the rate is halved, in equal steps'),
  }),
  z.strictObject({
    kind: z.literal('step'),
    peakRate: rate.or(auto).default('auto').describe('auto: 0.00025 / 256 · batch, the fine-tuning rate'),
    factor: z.number().min(1).default(10),
    phases: count.default(3),
  }),
  z.strictObject({ kind: z.literal('cosine'), peakRate, warmupShare: share.default(0.05) }),
  z.strictObject({ kind: z.literal('oneCycle'), peakRate, warmupShare: share.default(0.15) }),
  z.strictObject({ kind: z.literal('constant'), peakRate }),
]);

/** How a training's pictures are cropped from the decoded ones. */
const crops = ['none', 'reflectPad', 'randomResized'] as const;
export type Crop = (typeof crops)[number];

const augmentation = z.strictObject({
  crop: z.enum(crops).or(auto).default('auto').describe('auto: by image size'),
  cropPaddingPx: z.int().min(0).default(4).describe('for reflectPad'),
  minimumArea: share.default(0.08).describe('for randomResized: the smallest part of the image'),
  horizontalFlip: z.boolean().default(true),
  colourJitter: share.default(0),
  randomErasing: share.default(0).describe('how often a rectangle is erased'),
  mix: z.enum(['none', ...mixes]).default('none'),
  mixAlpha: rate.default(0.2),
});

const optimiser = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('sgd').optional(),
    momentum: z.number().min(0).max(1).default(0.9),
    weightDecay: z.number().min(0).default(1e-4),
    nesterov: z.boolean().default(false),
  }),
  z.strictObject({
    kind: z.literal('adamw'),
    firstDecay: z.number().min(0).lt(1).default(0.9).describe('β₁'),
    secondDecay: z.number().min(0).lt(1).default(0.999).describe('β₂'),
    epsilon: rate.default(1e-8),
    weightDecay: z.number().min(0).default(0.05),
    decayed: z
      .enum(decayedTensors)
      .default('matrices')
      .describe('the tensors that decay applies to; matrices: no norm, bias, layer scale, token or position'),
  }),
]);

const trainingFields = {
  images: count.or(auto).default('auto').describe('training length in images processed'),
  optimiser: optimiser.prefault({}),
  augmentation: augmentation.prefault({}),
  labelSmoothing: share.default(0),
  dropout: z.number().min(0).max(0.95).default(0),
  stochasticDepth: z
    .number()
    .min(0)
    .max(0.95)
    .optional()
    .describe('the share of images in a step for which the last block is dropped, earlier ones less often; absent: 0'),
  averageDecay: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .default(null)
    .describe('moving average of the weights; null for none'),
};

const training = z.strictObject({ ...trainingFields, schedule: schedule.prefault({ kind: 'warmupHalving' }) });
/** The target of a selected image: the class that it was selected for, or the teacher's probabilities. */
export const pretrainTargets = ['hard', 'soft'] as const;
const pretraining = training.extend({
  targets: z
    .enum(pretrainTargets)
    .optional()
    .describe(
      'hard: an image’s inferred class, as in the paper; soft: the probabilities that the teacher gave its P best classes, what is missing to 1 spread evenly over the others; absent: hard',
    ),
});
/** If a recipe changes other settings of the fine-tuning, its schedule still defaults to the paper's. */
const finetuning = z.strictObject({ ...trainingFields, schedule: schedule.prefault({ kind: 'step' }) });

/** Over an image's tags together, or each tag independently. */
const tagLosses = ['softmax', 'sigmoid'] as const;

const network = {
  model: z.enum(architectureNames).describe('such as resnet18, resnet50, resnext50_32x4d, small-basic'),
  width: count.nullable().default(null).describe("channels of the stem; null for the model's own"),
  blocks: z.array(count).min(1).max(8).nullable().default(null).describe("blocks per stage; null for the model's own"),
  stem: z.enum(residualStems).or(auto).default('auto').describe('auto: small up to 32 pixels'),
};

const start = {
  startFrom: z
    .string()
    .nullable()
    .default(null)
    .describe('weights that were brought, or a file of weights, which is then brought; null: random ones'),
  tuning: z
    .strictObject({
      trainedStages: z
        .int()
        .min(0)
        .or(z.literal('all'))
        .default('all')
        .describe('this many of the last stages; 0: the classifier alone'),
      headRateFactor: rate.or(auto).default('auto').describe('of the classifier; auto: 10 for a fresh one'),
      rateDecay: z.number().gt(0).max(1).default(1).describe('of the learning rate, for each stage further down'),
      frozenStatistics: z.boolean().default(false).describe('batch norms keep the statistics that were brought'),
    })
    .prefault({}),
};

/**
 * 'auto' or a device's name; names of earlier releases are converted. Whether the device exists here is checked
 * elsewhere.
 */
const device = z.string().transform((name, context) => {
  if (name === 'auto') return name;
  const named = parseDevice(name);
  if (named) return deviceName(named);
  context.issues.push({ code: 'custom', message: ['auto', ...deviceKindNames].join(' or '), input: name });
  return z.NEVER;
});
/** Labellings with this partition size keep the names they had before there was a choice. */
export const USUAL_PARTITION_IMAGES = 8192;

export const recipeSchema = z.strictObject({
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(0),
  imageSizePx: z.int().min(8).max(1024).or(auto).default('auto').describe('the side of the square the networks see'),
  batch: count.or(auto).default('auto'),
  engine: z
    .strictObject({
      device: device.default('auto'),
      threads: count.nullable().default(null).describe('null: all cores'),
      precision: z
        .enum(['auto', 'fp32', 'bf16'])
        .optional()
        .describe(
          'bf16: activations, and weights as factors, in bfloat16, on a device that has it (cuda): half the memory and tensor cores; auto or absent: fp32',
        ),
      imagesAtOnce: count
        .nullable()
        .default(null)
        .describe(
          'saves memory: a batch is computed in parts of at most this many images; null: as many as there is room for',
        ),
      checkpointSeconds: z.number().min(0).default(15).describe('how much work a kill can cost'),
    })
    .prefault({}),
  teacher: z
    .strictObject({
      ...network,
      ...start,
      run: z
        .string()
        .nullable()
        .default(null)
        .describe('the run of a teacher that was imported or trained on further, to use as it is; null: train one'),
      features: z
        .string()
        .nullable()
        .default(null)
        .describe('a network that was brought, whose features the teacher classifies; null: a network of its own'),
      head: z
        .enum(['auto', 'linear', 'mlp', 'nearest'])
        .default('auto')
        .describe(
          'what classifies features (mlp: with one hidden layer); auto: linear, their nearest neighbours where a class has under five labels',
        ),
      tags: z
        .strictObject({
          images: count.or(auto).default('auto').describe('training length in images processed'),
          loss: z.enum(tagLosses).default('softmax').describe('softmax: over 1/k for each of an image’s k tags'),
          most: count.default(1500).describe('tags, the most frequent ones'),
          least: count.default(5).describe('images that a tag must have'),
        })
        .nullable()
        .optional()
        .describe('it learns the images’ tags first, and then their classes; null or absent: the classes alone'),
      balanced: z
        .boolean()
        .default(true)
        .describe('over features: every class counts alike, however many labels it has'),
      training: training.prefault({}),
    })
    .prefault({ model: 'resnet50' }),
  student: z.strictObject({ ...network, ...start }).prefault({ model: 'resnet18' }),
  supervised: z
    .strictObject({
      enabled: z.boolean().default(true).describe('train the baseline too: the student on the labels alone'),
      training: training.prefault({}),
    })
    .prefault({}),
  label: z
    .strictObject({
      topP: count.or(auto).default('auto').describe('P: classes an image may stand in; auto: 10, at most a third of C'),
      batch: count.default(64),
      devices: z
        .array(device)
        .min(1)
        .nullable()
        .default(null)
        .describe(
          'several devices that label side by side, engine.device first, such as cuda and cuda:1; null: that one',
        ),
      partitionImages: z
        .int()
        .min(1)
        .max(2 ** 20)
        .default(USUAL_PARTITION_IMAGES)
        .describe(
          'images per file of scores: how much a kill can cost, and how much a machine of several takes at once',
        ),
      int8: z
        .boolean()
        .optional()
        .describe(
          'on a processor: compute in 8-bit integers, calibrated on some of the images and compared with fp32 on others; absent: fp32',
        ),
    })
    .prefault({}),
  select: z
    .strictObject({
      k: count
        .or(z.enum(['auto', 'curve']))
        .default('auto')
        .describe(
          'K: images kept per class; auto: 0.16·|U|/C, the paper’s ratio, or half of a smaller collection, up to 1,000; curve: at most that many, down to where one more image per class would be wrong more often than right, by spot-checks or held-out images',
        ),
      precision: z
        .number()
        .gt(0)
        .lt(1)
        .nullable()
        .optional()
        .describe(
          'of each class’s selection: it ends, before K, where fewer are right by spot-checks or, if there are none, held-out images; null or absent: K alone',
        ),
      evidence: z
        .enum(['all', 'half'])
        .optional()
        .describe(
          'the held-out images that choose where there are no spot-checks, with precision or curve; half: every other one, so that the rest can judge; absent: all',
        ),
      topP: count.optional().describe('P of the selection, at most label.topP; absent: the same'),
      share: z
        .number()
        .gt(0)
        .max(1)
        .optional()
        .describe(
          'the share of the unlabelled images, drawn by the seed, that may be chosen, as if there were no others; absent: all',
        ),
      by: z
        .enum(['scores', 'tags'])
        .optional()
        .describe(
          'tags: any K images that are tagged with the class’s name, the paper’s baseline, whatever the teacher says about them; absent: scores',
        ),
      order: z.enum(selectionOrders).default('ranked'),
      balanced: z.boolean().default(true).describe('the same K for every class'),
      leakGuard: z.boolean().default(true).describe('leave out images that repeat a held-out one'),
      nearDuplicateGuard: z.boolean().default(true).describe('of near-copies keep one'),
    })
    .prefault({}),
  pretrain: pretraining.prefault({}),
  finetune: finetuning.prefault({}),
  heldOut: z
    .strictObject({
      fraction: z.number().gt(0).lt(1).default(0.2).describe('of the labelled images, when no folder is held out'),
    })
    .prefault({}),
});

/** As the user writes it. */
export type RecipeInput = z.input<typeof recipeSchema>;
/** With all defaults filled in; `auto` where the collection decides. */
export type Recipe = z.output<typeof recipeSchema>;
export type Training = z.output<typeof training>;
