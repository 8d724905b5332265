/** Makes the automatic values of a recipe definite for one collection, and says why each is what it is. */

import { WrongUsage } from '../failure.ts';
import type { Schedule } from '../training/learning-rate.ts';
import type { Crop, Recipe, Training } from './recipe-schema.ts';

/** What is known of a collection before anything is trained. */
export interface CollectionFacts {
  readonly labelled: number;
  readonly unlabelled: number;
  readonly classes: number;
  /** The median short side of the images. */
  readonly medianImageSizePx: number;
}

export interface ResolvedTraining extends Omit<Training, 'images' | 'schedule' | 'augmentation'> {
  readonly images: number;
  readonly schedule: Schedule;
  readonly augmentation: Training['augmentation'] & { readonly crop: Crop };
}

export interface ResolvedRecipe extends Omit<Recipe, 'imageSizePx' | 'batch' | 'pretrain' | 'finetune'> {
  readonly imageSizePx: number;
  readonly batch: number;
  readonly teacher: Recipe['teacher'] & { readonly training: ResolvedTraining };
  readonly supervised: Recipe['supervised'] & { readonly training: ResolvedTraining };
  readonly label: Recipe['label'] & { readonly topP: number };
  readonly select: Recipe['select'] & { readonly k: number };
  readonly pretrain: ResolvedTraining;
  readonly finetune: ResolvedTraining;
}

export interface RecipeExplanation {
  readonly path: string;
  readonly value: number | string;
  readonly because: string;
}

/** K·C / |U| in the paper: 16,000 · 1,000 / 100 M. */
const SELECTED_SHARE = 0.16;
const PAPER_TOP_P = 10;
/** The supervised optimum on ImageNet is about 195 passes over the labels (0.25 B of 1.28 M). */
const SUPERVISED_EPOCHS = 195;
const FINETUNE_EPOCHS = 30;
/** The paper pre-trains for 1 B images on 16 M selected: about 60 passes. */
const PRETRAIN_EPOCHS = 60;
const PAPER_RATE_PER_IMAGE = 0.1 / 256;
const PAPER_FINETUNE_RATE_PER_IMAGE = 0.00025 / 256;
const LARGEST_SIZE_PX = 224;
const SMALL_SIZES_PX = [32, 48, 64, 96, 128, 160, 192];

/** Throws `WrongUsage` when P or K cannot be met by this collection. */
export function resolveRecipe(
  recipe: Recipe,
  facts: CollectionFacts,
): { recipe: ResolvedRecipe; explanations: RecipeExplanation[] } {
  const explanations: RecipeExplanation[] = [];
  const decide = <T extends number | string>(path: string, given: T | 'auto', value: T, because: string): T => {
    if (given !== 'auto') return given;
    explanations.push({ path, value, because });
    return value;
  };
  const imageSizePx = decide(
    'imageSizePx',
    recipe.imageSizePx,
    suitedSizePx(facts.medianImageSizePx),
    `the images are about ${facts.medianImageSizePx} pixels`,
  );
  const batch = decide(
    'batch',
    recipe.batch,
    Math.max(8, Math.min(128, 2 ** Math.floor(Math.log2(Math.max(8, facts.labelled / 8))))),
    'at least eight steps an epoch, at most 128',
  );
  const topP = decide(
    'label.topP',
    recipe.label.topP,
    // At least the P that the selection asks for, where it can be met.
    Math.max(suggestedTopP(facts.classes), Math.min(recipe.select.topP ?? 1, facts.classes)),
    'the paper’s 10, at most a third of the classes',
  );
  if (topP > facts.classes) {
    throw new WrongUsage(
      `label.topP is ${topP}, but the project has ${facts.classes} classes: an image can stand in at most that many; lower label.topP.`,
    );
  }
  const k = decide('select.k', recipe.select.k, suggestedK(facts).k, suggestedK(facts).because);
  if (facts.unlabelled > 0 && k > facts.unlabelled) {
    throw new WrongUsage(
      `select.k is ${k}, but the project has only ${facts.unlabelled} unlabelled images: lower select.k to at most that, or leave it at auto.`,
    );
  }
  const train = (path: string, training: Training, images: number, epochs: number): ResolvedTraining => ({
    ...training,
    images: decide(
      `${path}.images`,
      training.images,
      Math.max(batch, epochs * images),
      `${epochs} passes over ${images} images`,
    ),
    schedule: definiteSchedule(training.schedule, batch),
    augmentation: { ...training.augmentation, crop: definiteCrop(training.augmentation.crop, imageSizePx) },
  });
  const selected = Math.min(
    k * facts.classes,
    Math.max(1, facts.unlabelled) * Math.min(topP, recipe.select.topP ?? topP),
  );
  const resolved: ResolvedRecipe = {
    ...recipe,
    imageSizePx,
    batch,
    teacher: {
      ...recipe.teacher,
      training: train('teacher.training', recipe.teacher.training, facts.labelled, SUPERVISED_EPOCHS),
    },
    supervised: {
      ...recipe.supervised,
      training: train('supervised.training', recipe.supervised.training, facts.labelled, SUPERVISED_EPOCHS),
    },
    label: { ...recipe.label, topP },
    select: { ...recipe.select, k },
    pretrain: train('pretrain', recipe.pretrain, selected, PRETRAIN_EPOCHS),
    finetune: train('finetune', recipe.finetune, facts.labelled, FINETUNE_EPOCHS),
  };
  return { recipe: resolved, explanations };
}

export function suggestedK(facts: Pick<CollectionFacts, 'unlabelled' | 'classes'>): { k: number; because: string } {
  return {
    k: Math.max(1, Math.round((SELECTED_SHARE * facts.unlabelled) / Math.max(1, facts.classes))),
    because: `${SELECTED_SHARE} · ${facts.unlabelled} unlabelled images / ${facts.classes} classes, the paper’s ratio`,
  };
}

export function suggestedTopP(classes: number): number {
  return Math.max(1, Math.min(PAPER_TOP_P, Math.floor(classes / 3)));
}

/** The largest usual size that the images fill. */
export function suitedSizePx(medianPx: number): number {
  if (medianPx >= LARGEST_SIZE_PX) return LARGEST_SIZE_PX;
  return SMALL_SIZES_PX.findLast((size) => size <= medianPx) ?? (SMALL_SIZES_PX[0] as number);
}

function definiteCrop(crop: Training['augmentation']['crop'], imageSizePx: number) {
  if (crop !== 'auto') return crop;
  return imageSizePx < 96 ? 'reflectPad' : 'randomResized';
}

function definiteSchedule(schedule: Training['schedule'], batch: number): Schedule {
  if (schedule.kind === 'warmupHalving') {
    const peak = PAPER_RATE_PER_IMAGE * batch;
    const peakRate = schedule.peakRate === 'auto' ? peak : schedule.peakRate;
    return { ...schedule, peakRate, startRate: Math.min(schedule.startRate, peakRate) };
  }
  if (schedule.kind === 'step') {
    return {
      ...schedule,
      peakRate: schedule.peakRate === 'auto' ? PAPER_FINETUNE_RATE_PER_IMAGE * batch : schedule.peakRate,
    };
  }
  return schedule;
}
