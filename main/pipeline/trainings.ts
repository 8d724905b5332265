/** The four trainings of the method: which network, on which images, for how long, and from what start. */
import type { Collection } from './collection.ts';
import { chosenNetwork } from './network-choice.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import type { StageParent } from './stage.ts';
import type { TrainingPlan } from './train-stage.ts';

/** What a training's plan needs to know of the collection. */
type Known = Pick<Collection, 'classNames' | 'digests'>;

export function teacherTraining(
  { teacher, imageSizePx }: ResolvedRecipe,
  { classNames, digests }: Known,
): TrainingPlan {
  return {
    stage: 'teacher',
    network: chosenNetwork(teacher, imageSizePx, classNames.length),
    training: teacher.training,
    imagesDigest: digests.labelled,
    parents: [],
  };
}

export function supervisedTraining(recipe: ResolvedRecipe, collection: Known): TrainingPlan {
  return {
    stage: 'supervised',
    network: studentNetwork(recipe, collection),
    training: recipe.supervised.training,
    imagesDigest: collection.digests.labelled,
    parents: [],
  };
}

/** D and D̂ are not mixed: the pre-training sees only what the teacher chose. */
export function pretraining(recipe: ResolvedRecipe, collection: Known, selection: StageParent): TrainingPlan {
  return {
    stage: 'pretrain',
    network: studentNetwork(recipe, collection),
    training: recipe.pretrain,
    imagesDigest: selection.key,
    selection,
    parents: [selection],
  };
}

export function finetuning(recipe: ResolvedRecipe, collection: Known, pretrained: StageParent): TrainingPlan {
  return {
    stage: 'finetune',
    network: studentNetwork(recipe, collection),
    training: recipe.finetune,
    imagesDigest: collection.digests.labelled,
    parents: [pretrained],
    startFrom: pretrained,
  };
}

function studentNetwork({ student, imageSizePx }: ResolvedRecipe, { classNames }: Known) {
  return chosenNetwork(student, imageSizePx, classNames.length);
}
