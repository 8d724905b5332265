/**
 * The method of "Billion-scale semi-supervised learning for image classification" (Yalniz et al., 2019), section 3, in
 * the paper's order: a teacher is trained on D; it labels U; the top K images of each class are D̂; the student is
 * pre-trained on D̂ alone and fine-tuned on D. Beside it is the baseline that it has to beat: the student trained on D
 * only.
 */
import type { Project } from '../catalogue/project.ts';
import { loadSelection } from '../catalogue/selection.ts';
import type { Collection } from './collection.ts';
import { labelWith } from './combined-label.ts';
import { type ComparedRuns, evaluateStage } from './evaluate-stage.ts';
import { headStage } from './feature-teacher.ts';
import { givenTeacher, keepAsTeacher } from './given-teacher.ts';
import { learntTags, tagClasses } from './learnt-tags.ts';
import type { ResolvedRecipe, TagLearning } from './resolve-recipe.ts';
import type { RunRecord } from './run-record.ts';
import { selectStage } from './select-stage.ts';
import { foldedSelection } from './several-labels.ts';
import { softTargetsOf } from './soft-targets-of.ts';
import type { StageParent } from './stage.ts';
import type { Goal, StageName } from './stages.ts';
import { type TrainedImages, type TrainingPlan, trainStage } from './train-stage.ts';
import { finetuning, pretraining, supervisedTraining, tagTraining, teacherTraining } from './trainings.ts';
import type { Workspace } from './workspace.ts';

/** What each step does: the work itself, or only naming what would be done (`planned-runs.ts`). */
export interface MethodSteps<Run> {
  /** A teacher that the recipe names. */
  given(runId: string): Promise<Run>;
  train(plan: TrainingPlan): Promise<Run>;
  /** The teacher's network learns tags before it learns classes. */
  learnTags(tags: TagLearning): Promise<Run>;
  /** Trains a classifier over the features of the brought network of this name. */
  trainHead(features: string): Promise<Run>;
  label(teacher: Run): Promise<Run>;
  select(labels: Run, teacher: Run): Promise<Run>;
  evaluate(models: ComparedRuns<Run>): Promise<Run>;
}

export type StageRuns<Run> = Readonly<Partial<Record<StageName, Run>> & { teacher: Run }>;
export type MethodRuns = StageRuns<RunRecord>;

/** The runs of the stages up to the goal. */
export async function followMethod<Run extends StageParent>(
  steps: MethodSteps<Run>,
  recipe: ResolvedRecipe,
  collection: Pick<Collection, 'classNames' | 'digests' | 'several'>,
  goal: Goal,
): Promise<StageRuns<Run>> {
  const { run, features } = recipe.teacher;
  const tags = recipe.teacher.tags ? await steps.learnTags(recipe.teacher.tags) : undefined;
  const teacher =
    run !== null
      ? await steps.given(run)
      : features !== null
        ? await steps.trainHead(features)
        : await steps.train(teacherTraining(recipe, collection, tags));
  const begun = { ...(tags && { tags }), teacher };
  if (goal === 'teacher') return begun;

  const label = await steps.label(teacher);
  if (goal === 'label') return { ...begun, label };

  const select = await steps.select(label, teacher);
  if (goal === 'select') return { ...begun, label, select };

  const supervised = recipe.supervised.enabled ? await steps.train(supervisedTraining(recipe, collection)) : undefined;
  const pretrain = await steps.train(pretraining(recipe, collection, select, label));
  const finetune = await steps.train(finetuning(recipe, collection, pretrain));
  const trained = { ...begun, label, select, ...(supervised && { supervised }), pretrain, finetune };
  if (goal === 'student') return trained;

  const evaluate = await steps.evaluate([
    ['teacher', teacher],
    ...(supervised ? ([['supervised', supervised]] as const) : []),
    ['pretrained', pretrain],
    ['finetuned', finetune],
  ]);
  return { ...trained, evaluate };
}

/** The part that needs no teacher: the student trained on the labels alone, and evaluated. */
export async function followLabels<Run extends StageParent>(
  steps: Pick<MethodSteps<Run>, 'train' | 'evaluate'>,
  recipe: ResolvedRecipe,
  collection: Pick<Collection, 'classNames' | 'digests' | 'several'>,
): Promise<{ readonly supervised: Run; readonly evaluate: Run }> {
  const supervised = await steps.train(supervisedTraining(recipe, collection));
  return { supervised, evaluate: await steps.evaluate([['supervised', supervised]]) };
}

export async function runMethod(workspace: Workspace, collection: Collection, goal: Goal): Promise<MethodRuns> {
  return await followMethod(stepsIn(workspace, collection), workspace.recipe, collection, goal);
}

export async function runLabels(workspace: Workspace, collection: Collection) {
  return await followLabels(stepsIn(workspace, collection), workspace.recipe, collection);
}

async function imagesOf(
  project: Project,
  collection: Collection,
  { selection, softBy }: TrainingPlan,
): Promise<TrainedImages> {
  if (!selection) return collection.labelled;
  const chosen = await loadSelection(project, selection.id);
  if (collection.several) return foldedSelection(chosen);
  return softBy ? { ...chosen, targets: await softTargetsOf(project, collection, softBy.id, chosen) } : chosen;
}

function stepsIn(workspace: Workspace, collection: Collection): MethodSteps<RunRecord> {
  const { project } = workspace;
  return {
    given: (runId) => givenTeacher(workspace, collection, runId),
    train: async (plan) => {
      const images = await imagesOf(project, collection, plan);
      const run = await trainStage(workspace, collection, plan, images);
      // From now on used like a teacher that the user named.
      if (run.stage === 'teacher' && run.endedEarly) await keepAsTeacher(project, run.id);
      return run;
    },
    async learnTags(learning) {
      const tags = await learntTags(project, collection, learning);
      const { imageIds, targets } = tags;
      // Where a single class is required, every image has the first tag (−1); the targets hold the actual tags.
      const images = { imageIds, classIds: new Int32Array(imageIds.length).fill(-1), targets };
      const none = { imageIds: new Int32Array(), classIds: new Int32Array() };
      const taught = { ...collection, ...tagClasses(tags), heldOut: none };
      return await trainStage(workspace, taught, tagTraining(workspace.recipe, learning, tags), images);
    },
    trainHead: (features) => headStage(workspace, collection, features),
    label: (teacher) => labelWith(workspace, collection, teacher),
    select: (labels, teacher) => selectStage(workspace, collection, labels, teacher),
    evaluate: (models) => evaluateStage(workspace, collection, models),
  };
}
