/**
 * The method of "Billion-scale semi-supervised learning for image classification" (Yalniz et al., 2019), section 3, in the
 * paper's order: a teacher is trained on D; it labels U; the top K images of each class are D̂; the student is pre-trained
 * on D̂ alone and fine-tuned on D. Beside it stands the baseline that it has to beat: the student trained on D only.
 */
import type { RunRecord } from '../catalogue/run-record.ts';
import { loadSelection } from '../catalogue/selection.ts';
import type { Collection } from './collection.ts';
import { evaluateStage } from './evaluate-stage.ts';
import { givenTeacher } from './given-teacher.ts';
import { labelStage } from './label-stage.ts';
import { selectStage } from './select-stage.ts';
import { trainStage } from './train-stage.ts';
import { finetuning, pretraining, supervisedTraining, teacherTraining } from './trainings.ts';
import type { Workspace } from './workspace.ts';

/** How far to go; every stage before it is done too, or taken over where it was done before. */
export type Goal = 'teacher' | 'label' | 'select' | 'student' | 'evaluate';

export interface MethodRuns {
  readonly teacher: RunRecord;
  readonly labels?: RunRecord;
  readonly selection?: RunRecord;
  readonly supervised?: RunRecord;
  readonly pretrained?: RunRecord;
  readonly finetuned?: RunRecord;
  readonly evaluation?: RunRecord;
}

export async function runMethod(workspace: Workspace, collection: Collection, goal: Goal): Promise<MethodRuns> {
  const teacher = await teacherOf(workspace, collection);
  if (goal === 'teacher') return { teacher };

  const labels = await labelStage(workspace, collection, teacher);
  if (goal === 'label') return { teacher, labels };

  const selection = await selectStage(workspace, collection, labels);
  if (goal === 'select') return { teacher, labels, selection };

  const { recipe } = workspace;
  const supervised = recipe.supervised.enabled
    ? await trainStage(workspace, collection, supervisedTraining(recipe, collection), collection.labelled)
    : undefined;
  const selected = await loadSelection(workspace.project, selection.id);
  const pretrained = await trainStage(workspace, collection, pretraining(recipe, collection, selection), selected);
  const finetuned = await trainStage(
    workspace,
    collection,
    finetuning(recipe, collection, pretrained),
    collection.labelled,
  );
  const models = { teacher, ...(supervised ? { supervised } : {}), pretrained, finetuned };
  if (goal === 'student') return { ...models, labels, selection };

  const evaluation = await evaluateStage(workspace, collection, models);
  return { ...models, labels, selection, evaluation };
}

/** Trained as the recipe says, or the one that the recipe names. */
async function teacherOf(workspace: Workspace, collection: Collection): Promise<RunRecord> {
  const { recipe } = workspace;
  if (recipe.teacher.run !== null) return await givenTeacher(workspace, collection, recipe.teacher.run);
  return await trainStage(workspace, collection, teacherTraining(recipe, collection), collection.labelled);
}
