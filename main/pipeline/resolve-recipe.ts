/** Resolves the automatic values of a recipe for one collection, and gives the reason for each. */

import { WrongUsage } from '../failure.ts';
import type { Optimiser } from '../models/optimiser-step.ts';
import type { Tuning } from '../models/tuning.ts';
import type { Schedule } from '../training/learning-rate.ts';
import { sizeForAll } from './network-choice.ts';
import { optimiserAdvice } from './optimiser-advice.ts';
import type { Crop, Recipe, Training } from './recipe-schema.ts';
import { type ResolvedStart, resolvedTuning } from './resolved-start.ts';
import { sizeAdvice } from './size-advice.ts';

/** What is known about a collection before anything is trained. */
export interface CollectionFacts {
  readonly labelled: number;
  readonly unlabelled: number;
  readonly classes: number;
  /** An image may have several. */
  readonly several?: true;
  /** Frames per clip that networks see; absent if images are pictures. */
  readonly clipFrames?: number | undefined;
  /** The median short side of the images. */
  readonly medianImageSizePx: number;
  /** The weights that were brought for its networks. */
  readonly starts?: Starts;
  /** Images that have tags. */
  readonly tagged?: number;
}

export interface Starts {
  readonly teacher?: ResolvedStart | undefined;
  readonly student?: ResolvedStart | undefined;
}

export interface ResolvedTraining extends Omit<Training, 'images' | 'schedule' | 'optimiser' | 'augmentation'> {
  readonly optimiser: Optimiser;
  readonly images: number;
  readonly schedule: Schedule;
  readonly augmentation: Training['augmentation'] & { readonly crop: Crop };
}

export interface ResolvedRecipe
  extends Omit<Recipe, 'imageSizePx' | 'batch' | 'teacher' | 'student' | 'supervised' | 'pretrain' | 'finetune'> {
  readonly imageSizePx: number;
  readonly batch: number;
  readonly teacher: Omit<Resolved<Recipe['teacher']>, 'tags'> & {
    readonly training: ResolvedTraining;
    readonly tags?: TagLearning | undefined;
  };
  readonly student: Resolved<Recipe['student']>;
  readonly supervised: Omit<Recipe['supervised'], 'training'> & { readonly training: ResolvedTraining };
  readonly label: Recipe['label'] & { readonly topP: number };
  /** If `kBy` says how K is determined, `k` is the maximum. */
  readonly select: Omit<Recipe['select'], 'precision'> & {
    readonly precision?: number | undefined;
    readonly k: number;
    readonly kBy?: 'curve' | undefined;
  };
  readonly pretrain: ResolvedTraining & { readonly targets?: 'soft' | undefined };
  readonly finetune: ResolvedTraining;
}

/** How a teacher learns tags before it learns classes. */
export interface TagLearning extends Omit<NonNullable<Recipe['teacher']['tags']>, 'images'> {
  readonly images: number;
}

/** A network's part of a recipe; without `start` and `tuning` it starts from random weights. */
type Resolved<Part> = Omit<Part, 'tuning' | 'training'> & {
  readonly start?: ResolvedStart | undefined;
  readonly tuning?: Tuning | undefined;
  /** Frames per clip that it sees; absent if images are pictures. */
  readonly frames?: number | undefined;
};

export interface RecipeExplanation {
  readonly path: string;
  readonly value: number | string;
  readonly because: string;
}

/** K·C / |U| in the paper: 16,000 · 1,000 / 100 M. */
const SELECTED_SHARE = 0.16;
/**
 * A student learns little from few images: from a small collection it gets half, the more confident one. On 3,209
 * photographs of 10 classes this gives 67 % accuracy, compared with 51 % for the paper's share and 63 % for all of them
 * (docs/real-photographs.md).
 */
const LEAST_K = 1000;
const SHARE_OF_SMALL = 0.5;
const PAPER_TOP_P = 10;
/** The supervised optimum on ImageNet is about 195 passes over the labels (0.25 B of 1.28 M). */
const SUPERVISED_EPOCHS = 195;
const FINETUNE_EPOCHS = 30;
/** The paper pre-trains for 1 B images on 16 M selected: about 60 passes. */
const PRETRAIN_EPOCHS = 60;
/** From weights that already know images, a third as many passes are enough. */
const STARTED_EPOCHS = 60;
const STARTED_PRETRAIN_EPOCHS = 30;
const TAG_EPOCHS = 30;
const PAPER_RATE_PER_IMAGE = 0.1 / 256;
const PAPER_FINETUNE_RATE_PER_IMAGE = 0.00025 / 256;
const LARGEST_SIZE_PX = 224;
/** The usual training size of networks for clips (Tran et al., 2018). */
const LARGEST_FRAME_PX = 112;
const SMALL_SIZES_PX = [32, 48, 64, 96, 128, 160, 192];

/** Throws `WrongUsage` if the collection is too small for P or K, or the brought weights do not support the tuning. */
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
  const { teacher, student } = facts.starts ?? {};
  const shown = facts.clipFrames === undefined ? {} : { frames: facts.clipFrames };
  for (const [path, start] of Object.entries({ teacher, student })) {
    if (start) explanations.push({ path: `${path}.startFrom`, value: start.file, because: start.says });
  }
  const imageSizePx = decide('imageSizePx', recipe.imageSizePx, ...suitedSize(recipe, facts));
  const batch = decide(
    'batch',
    recipe.batch,
    Math.max(8, Math.min(128, 2 ** Math.floor(Math.log2(Math.max(8, facts.labelled / 8))))),
    'at least eight steps per epoch, at most 128',
  );
  const topP = decide(
    'label.topP',
    recipe.label.topP,
    // At least the P that the selection asks for, if possible.
    Math.max(suggestedTopP(facts), Math.min(recipe.select.topP ?? 1, facts.classes)),
    facts.several
      ? 'the paper’s 10, at most all classes: an image may have several'
      : 'the paper’s 10, at most a third of the classes',
  );
  if (topP > facts.classes) {
    throw new WrongUsage(
      `label.topP is ${topP}, but the project has ${facts.classes} classes: an image can stand in at most that many; lower label.topP.`,
    );
  }
  const pool = { ...facts, unlabelled: Math.ceil(facts.unlabelled * (recipe.select.share ?? 1)) };
  const selectionTopP = suggestedSelectionTopP(pool);
  const selectTopP =
    recipe.select.topP ??
    (recipe.label.topP === 'auto' && selectionTopP < topP
      ? decide(
          'select.topP',
          'auto',
          selectionTopP,
          'so much of a small collection is chosen that an image would otherwise stand in for several classes',
        )
      : undefined);
  const kBy = recipe.select.k === 'curve' ? recipe.select.k : undefined;
  const k = decide(
    'select.k',
    recipe.select.k === 'curve' ? 'auto' : recipe.select.k,
    suggestedK(pool).k,
    kBy ? `at most ${suggestedK(pool).because}; the precision curve may end it before` : suggestedK(pool).because,
  );
  if (facts.unlabelled > 0 && k > facts.unlabelled) {
    throw new WrongUsage(
      `select.k is ${k}, but the project has only ${facts.unlabelled} unlabelled images: lower select.k to at most that, or leave it at auto.`,
    );
  }
  const train = (path: string, training: Training, images: number, epochs: number, start?: unknown) => ({
    ...training,
    optimiser: definiteOptimiser(training.optimiser),
    images: decide(
      `${path}.images`,
      training.images,
      Math.max(batch, epochs * images),
      `${epochs} passes over ${images} images`,
    ),
    schedule: definiteSchedule(training, batch, { started: start !== undefined, finetunes: path === 'finetune' }),
    augmentation: { ...training.augmentation, crop: definiteCrop(training.augmentation.crop, imageSizePx) },
  });
  const selected = Math.min(k * facts.classes, Math.max(1, pool.unlabelled) * Math.min(topP, selectTopP ?? topP));
  const { targets, ...pretrain } = recipe.pretrain;
  const { tags, ...ownTeacher } = recipe.teacher;
  // A teacher that exists already, or that uses a brought extractor, learns no tags.
  const learnt = recipe.teacher.run === null && recipe.teacher.features === null ? (tags ?? undefined) : undefined;
  const { precision, by, evidence, ...select } = recipe.select;
  const resolved: ResolvedRecipe = {
    ...recipe,
    imageSizePx,
    batch,
    teacher: {
      ...without(ownTeacher),
      ...part('teacher', recipe.teacher.tuning, teacher),
      ...shown,
      ...(learnt && { tags: tagLearning(learnt, batch, facts.tagged ?? 0, decide) }),
      training: train('teacher.training', recipe.teacher.training, facts.labelled, ...labelEpochs(teacher ?? learnt)),
    },
    student: { ...without(recipe.student), ...part('student', recipe.student.tuning, student), ...shown },
    supervised: {
      ...recipe.supervised,
      training: train('supervised.training', recipe.supervised.training, facts.labelled, ...labelEpochs(student)),
    },
    label: { ...recipe.label, topP },
    select: {
      ...select,
      k,
      ...(selectTopP !== undefined && { topP: selectTopP }),
      // Unset options are omitted, as before they existed, since runs are named by their settings.
      ...(kBy && { kBy }),
      ...(typeof precision === 'number' && { precision }),
      ...(by === 'tags' && { by }),
      ...(evidence === 'half' && (kBy || typeof precision === 'number') && { evidence }),
    },
    pretrain: {
      ...train('pretrain', pretrain, selected, student ? STARTED_PRETRAIN_EPOCHS : PRETRAIN_EPOCHS, student),
      // Hard targets are implicit, as before there were others, since runs are named by their settings.
      ...(targets === 'soft' && { targets }),
    },
    finetune: train('finetune', recipe.finetune, facts.labelled, FINETUNE_EPOCHS),
  };
  return {
    recipe: resolved,
    explanations: [
      ...explanations,
      ...optimiserAdvice(resolved, facts.classes),
      ...sizeAdvice(resolved, facts.classes),
    ],
  };
}

type PoolFacts = Pick<CollectionFacts, 'unlabelled' | 'classes' | 'several'>;

export function suggestedK({ unlabelled, classes }: PoolFacts): { k: number; because: string } {
  const aClass = unlabelled / Math.max(1, classes);
  const pool = `${unlabelled} unlabelled images / ${classes} classes`;
  const ratio = Math.round(SELECTED_SHARE * aClass);
  if (ratio >= LEAST_K) return { k: ratio, because: `${SELECTED_SHARE} · ${pool}, the paper’s ratio` };
  const k = Math.max(1, ratio, Math.min(Math.round(SHARE_OF_SMALL * aClass), LEAST_K));
  return { k, because: `up to half of ${pool}; the paper’s ratio, ${ratio}, would leave too few to learn from` };
}

/**
 * P of the selection: if more than the paper's share is selected, an image only counts for its most confident class,
 * unless images have several classes.
 */
export function suggestedSelectionTopP(facts: PoolFacts): number {
  const { unlabelled, classes, several } = facts;
  return several || SELECTED_SHARE * unlabelled >= LEAST_K * classes ? suggestedTopP(facts) : 1;
}

function suggestedTopP({ classes, several }: Pick<CollectionFacts, 'classes' | 'several'>): number {
  return several ? Math.min(PAPER_TOP_P, classes) : Math.max(1, Math.min(PAPER_TOP_P, Math.floor(classes / 3)));
}

/** The largest usual size that does not enlarge the images. */
function suitedSizePx(medianPx: number): number {
  if (medianPx >= LARGEST_SIZE_PX) return LARGEST_SIZE_PX;
  return SMALL_SIZES_PX.findLast((size) => size <= medianPx) ?? (SMALL_SIZES_PX[0] as number);
}

function definiteCrop(crop: Training['augmentation']['crop'], imageSizePx: number) {
  if (crop !== 'auto') return crop;
  return imageSizePx < 96 ? 'reflectPad' : 'randomResized';
}

/**
 * Peak rates if the recipe leaves them open: for random weights, rates that suit small collections; for brought ones a
 * tenth of them, with a separate factor for a fresh classifier.
 */
const PEAK_RATES = {
  sgd: { random: 0.1, brought: 0.01, finetune: 0.01 },
  adamw: { random: 1e-3, brought: 1e-4, finetune: 1e-4 },
} as const;

interface Place {
  readonly started: boolean;
  readonly finetunes: boolean;
}

function definiteSchedule({ schedule, optimiser }: Training, batch: number, { started, finetunes }: Place): Schedule {
  const { kind = 'sgd' } = optimiser;
  const usual = PEAK_RATES[kind][finetunes ? 'finetune' : started ? 'brought' : 'random'];
  // The paper's rates are for SGD from random weights.
  const asInPaper = (perImage: number) => (kind === 'sgd' && !started ? perImage * batch : usual);
  if (schedule.kind === 'warmupHalving') {
    const peakRate = schedule.peakRate === 'auto' ? asInPaper(PAPER_RATE_PER_IMAGE) : schedule.peakRate;
    return { ...schedule, peakRate, startRate: Math.min(schedule.startRate, peakRate) };
  }
  if (schedule.kind === 'step') {
    return {
      ...schedule,
      peakRate: schedule.peakRate === 'auto' ? asInPaper(PAPER_FINETUNE_RATE_PER_IMAGE) : schedule.peakRate,
    };
  }
  return { ...schedule, peakRate: schedule.peakRate === 'auto' ? usual : schedule.peakRate };
}

/**
 * SGD is implicit, as before there were other optimisers, and so is decay of all parameters, since runs are named by
 * their settings.
 */
function definiteOptimiser(optimiser: Training['optimiser']): Optimiser {
  if (optimiser.kind === 'adamw') {
    const { decayed, ...numbers } = optimiser;
    return { ...numbers, ...(decayed === 'all' ? {} : { decayed }) };
  }
  const { kind: _, ...numbers } = optimiser;
  return numbers;
}

type Decide = (path: string, given: number | 'auto', value: number, because: string) => number;

function tagLearning(
  tags: NonNullable<Recipe['teacher']['tags']>,
  batch: number,
  tagged: number,
  decide: Decide,
): TagLearning {
  const because = `${TAG_EPOCHS} passes over ${tagged} images with tags`;
  return { ...tags, images: decide('teacher.tags.images', tags.images, Math.max(batch, TAG_EPOCHS * tagged), because) };
}

function labelEpochs(start: unknown): [number, unknown] {
  return [start ? STARTED_EPOCHS : SUPERVISED_EPOCHS, start];
}

function part(path: 'teacher' | 'student', tuning: Recipe['student']['tuning'], start: ResolvedStart | undefined) {
  const resolved = resolvedTuning(path, tuning, start);
  return { ...(start && { start }), ...(resolved && { tuning: resolved }) };
}

function without<Part extends { readonly tuning: unknown }>({ tuning: _, ...rest }: Part): Omit<Part, 'tuning'> {
  return rest;
}

/** For the networks that are trained, if the recipe leaves it open. */
export function automaticSizePx(recipe: Recipe, facts: SizeFacts): number {
  return suitedSize(recipe, facts)[0];
}

type SizeFacts = Pick<CollectionFacts, 'medianImageSizePx' | 'classes' | 'starts' | 'clipFrames'>;

/** No larger than the size that brought weights were trained on: more pixels cost time without benefit. */
function suitedSize(recipe: Recipe, facts: SizeFacts): [number, string] {
  const { medianImageSizePx, classes, starts = {}, clipFrames: frames } = facts;
  const trained = [
    { ...recipe.student, frames, ...(starts.student && { start: starts.student }) },
    // A teacher that exists already, or that uses a brought extractor, has a size of its own.
    ...(recipe.teacher.run === null && recipe.teacher.features === null
      ? [{ ...recipe.teacher, frames, ...(starts.teacher && { start: starts.teacher }) }]
      : []),
  ];
  const fits = (sizePx: number) => sizeForAll(trained, sizePx, classes);
  const suited = Math.min(suitedSizePx(medianImageSizePx), frames === undefined ? LARGEST_SIZE_PX : LARGEST_FRAME_PX);
  const learntOn = Math.max(...[starts.teacher, starts.student].flatMap((start) => (start ? [start.imageSizePx] : [])));
  if (Number.isFinite(learntOn) && learntOn < suited) {
    return [fits(learntOn), `the weights that were brought are made for ${learntOn} pixels`];
  }
  return [fits(suited), `the images are about ${medianImageSizePx} pixels`];
}
