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
import { chosenNetwork } from './network-choice.ts';
import { selectStage } from './select-stage.ts';
import { trainStage } from './train-stage.ts';
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
  const teacher = await trainTeacher(workspace, collection);
  if (goal === 'teacher') return { teacher };

  const labels = await labelStage(workspace, collection, teacher);
  if (goal === 'label') return { teacher, labels };

  const selection = await selectStage(workspace, collection, labels);
  if (goal === 'select') return { teacher, labels, selection };

  const supervised = workspace.recipe.supervised.enabled ? await trainSupervised(workspace, collection) : undefined;
  const pretrained = await pretrainStudent(workspace, collection, selection);
  const finetuned = await finetuneStudent(workspace, collection, pretrained);
  const models = { teacher, ...(supervised ? { supervised } : {}), pretrained, finetuned };
  if (goal === 'student') return { ...models, labels, selection };

  const evaluation = await evaluateStage(workspace, collection, models);
  return { ...models, labels, selection, evaluation };
}

async function trainTeacher(workspace: Workspace, collection: Collection): Promise<RunRecord> {
  const { teacher, imageSizePx } = workspace.recipe;
  if (teacher.run !== null) return await givenTeacher(workspace, collection, teacher.run);
  return await trainStage(workspace, collection, {
    stage: 'teacher',
    network: chosenNetwork(teacher, imageSizePx, collection.classNames.length),
    training: teacher.training,
    images: collection.labelled,
    imagesDigest: collection.digests.labelled,
    parents: [],
  });
}

async function trainSupervised(workspace: Workspace, collection: Collection): Promise<RunRecord> {
  const { student, supervised, imageSizePx } = workspace.recipe;
  return await trainStage(workspace, collection, {
    stage: 'supervised',
    network: chosenNetwork(student, imageSizePx, collection.classNames.length),
    training: supervised.training,
    images: collection.labelled,
    imagesDigest: collection.digests.labelled,
    parents: [],
  });
}

/** D and D̂ are not mixed: the pre-training sees only what the teacher chose. */
async function pretrainStudent(workspace: Workspace, collection: Collection, selection: RunRecord): Promise<RunRecord> {
  const { student, pretrain, imageSizePx } = workspace.recipe;
  const { imageIds, classIds } = await loadSelection(workspace.project, selection.id);
  return await trainStage(workspace, collection, {
    stage: 'pretrain',
    network: chosenNetwork(student, imageSizePx, collection.classNames.length),
    training: pretrain,
    images: { imageIds, classIds },
    imagesDigest: selection.key,
    parents: [selection],
  });
}

async function finetuneStudent(
  workspace: Workspace,
  collection: Collection,
  pretrained: RunRecord,
): Promise<RunRecord> {
  const { student, finetune, imageSizePx } = workspace.recipe;
  return await trainStage(workspace, collection, {
    stage: 'finetune',
    network: chosenNetwork(student, imageSizePx, collection.classNames.length),
    training: finetune,
    images: collection.labelled,
    imagesDigest: collection.digests.labelled,
    parents: [pretrained],
    startFrom: pretrained,
  });
}
