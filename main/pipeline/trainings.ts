/** The four trainings of the method: which network, on which images, for how long, and from what start. */
import { type Tuning, WHOLE_NETWORK } from '../models/tuning.ts';
import type { Collection } from './collection.ts';
import type { LearntTags } from './learnt-tags.ts';
import { chosenNetwork } from './network-choice.ts';
import type { ResolvedRecipe, TagLearning } from './resolve-recipe.ts';
import { FRESH_HEAD_RATE_FACTOR, startPreprocessing } from './resolved-start.ts';
import { judgedBy } from './several-labels.ts';
import type { StageParent } from './stage.ts';
import { type StageName, stages } from './stages.ts';
import type { TrainingPlan } from './train-stage.ts';

/** As for brought weights: a fresh classifier learns faster than the existing layers. */
const FRESH_HEAD: Tuning = { ...WHOLE_NETWORK, headRateFactor: FRESH_HEAD_RATE_FACTOR };

/** What a training's plan needs to know about the collection. */
type Known = Pick<Collection, 'classNames' | 'digests' | 'several'>;

/** `learnt`: the training on tags that it continues from. */
export function teacherTraining(
  { teacher, imageSizePx }: ResolvedRecipe,
  { classNames, digests, several }: Known,
  learnt: StageParent | undefined,
): TrainingPlan {
  return {
    stage: 'teacher',
    ...judgedBy(chosenNetwork(teacher, imageSizePx, classNames.length), several),
    ...beginning(teacher, imageSizePx),
    training: teacher.training,
    imagesDigest: digests.labelled,
    parents: learnt ? [learnt] : [],
    ...(learnt && { startFrom: learnt, freshHead: true, tuning: teacher.tuning ?? FRESH_HEAD }),
  };
}

/** The teacher's network learns tags: weak labels of many images, like hashtags (the paper's section 4.4). */
export function tagTraining(
  { teacher, imageSizePx }: ResolvedRecipe,
  tags: TagLearning,
  { names, digest }: Pick<LearntTags, 'names' | 'digest'>,
): TrainingPlan {
  return {
    stage: 'tags',
    network: chosenNetwork(teacher, imageSizePx, names.length),
    ...beginning(teacher, imageSizePx),
    training: { ...teacher.training, images: tags.images },
    imagesDigest: digest,
    parents: [],
    loss: tags.loss,
  };
}

/** The network that a training of this stage trains, and its preprocessing. */
export function modelOfRun(
  stage: StageName,
  recipe: ResolvedRecipe,
  classes: number,
): Pick<TrainingPlan, 'network' | 'preprocessing'> {
  const { imageSizePx } = recipe;
  const choice = recipe[stages[stage].side];
  const preprocessing = choice.start ? startPreprocessing(choice.start, imageSizePx) : undefined;
  return { network: chosenNetwork(choice, imageSizePx, classes), preprocessing };
}

export function supervisedTraining(recipe: ResolvedRecipe, collection: Known): TrainingPlan {
  return {
    stage: 'supervised',
    ...studentNetwork(recipe, collection),
    ...beginning(recipe.student, recipe.imageSizePx),
    training: recipe.supervised.training,
    imagesDigest: collection.digests.labelled,
    parents: [],
  };
}

/** D and D̂ are not mixed: the pre-training sees only what the teacher selected. */
export function pretraining(
  recipe: ResolvedRecipe,
  collection: Known,
  selection: StageParent,
  labels: StageParent,
): TrainingPlan {
  return {
    stage: 'pretrain',
    ...studentNetwork(recipe, collection),
    ...beginning(recipe.student, recipe.imageSizePx),
    training: recipe.pretrain,
    imagesDigest: selection.key,
    selection,
    ...(recipe.pretrain.targets === 'soft' && { softBy: labels }),
    parents: [selection],
  };
}

export function finetuning(recipe: ResolvedRecipe, collection: Known, pretrained: StageParent): TrainingPlan {
  return {
    stage: 'finetune',
    ...studentNetwork(recipe, collection),
    ...continuing(recipe.student, recipe.imageSizePx),
    training: recipe.finetune,
    imagesDigest: collection.digests.labelled,
    parents: [pretrained],
    startFrom: pretrained,
  };
}

/** What a network takes over from brought weights; empty for random ones. */
function beginning({ start, tuning }: ResolvedRecipe['student'], imageSizePx: number) {
  return start ? { start, tuning, preprocessing: startPreprocessing(start, imageSizePx) } : {};
}

/** For a training that continues one started from brought weights: its classifier is no longer fresh. */
function continuing({ start, tuning }: ResolvedRecipe['student'], imageSizePx: number) {
  if (!start || !tuning) return {};
  return { tuning: { ...tuning, headRateFactor: 1 }, preprocessing: startPreprocessing(start, imageSizePx) };
}

function studentNetwork({ student, imageSizePx }: ResolvedRecipe, { classNames, several }: Known) {
  return judgedBy(chosenNetwork(student, imageSizePx, classNames.length), several);
}
