/**
 * The runs that the method would have for a recipe and the collection as it is, by name, and which of them are finished.
 * Every name follows from what goes into the stages, so nothing is computed, decoded or written for it.
 */
import { decisionsDigest, readDecisions } from '../catalogue/decisions.ts';
import type { Project } from '../catalogue/project.ts';
import type { RunRecord } from '../catalogue/run-record.ts';
import { readRun } from '../catalogue/runs.ts';
import { describeModel } from '../models/checkpoint.ts';
import type { NetworkConfig } from '../models/network.ts';
import type { CollectionSets } from './collection.ts';
import { type CollectionDigests, digestsOf } from './collection-digests.ts';
import { type EvaluatedModel, evaluateInputs } from './evaluate-stage.ts';
import { requireTeacher } from './given-teacher.ts';
import { labelInputs } from './label-stage.ts';
import type { Goal } from './method.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import { selectInputs } from './select-stage.ts';
import { type StageName, type StageParent, stageRun } from './stage.ts';
import { modelPath, type TrainingPlan, trainingInputs } from './train-stage.ts';
import { finetuning, pretraining, supervisedTraining, teacherTraining } from './trainings.ts';

export interface PlannedRun {
  readonly stage: StageName;
  readonly id: string;
  /** It was done before and would be taken over. */
  readonly finished: RunRecord | undefined;
}

export interface PlannedMethod {
  /** In the order of the method, up to the goal. */
  readonly runs: readonly PlannedRun[];
  readonly teacher: PlannedNetwork;
  readonly student: PlannedNetwork;
}

export interface PlannedNetwork {
  readonly network: NetworkConfig;
  readonly imageSizePx: number;
}

type Known = CollectionSets & { readonly digests: CollectionDigests };

/** Throws `TeacherUnfit` when the recipe names a teacher that is not there or knows other classes. */
export async function plannedMethod(
  project: Project,
  recipe: ResolvedRecipe,
  sets: CollectionSets,
  goal: Goal,
): Promise<PlannedMethod> {
  const known: Known = { ...sets, digests: await digestsOf(project, sets) };
  const names = await namedStages(project, recipe, known);
  const wanted = STAGES_TO[goal].filter((stage) => stage !== 'supervised' || recipe.supervised.enabled);
  const { network } = supervisedTraining(recipe, known);
  return {
    runs: await Promise.all(
      wanted.map(async (stage): Promise<PlannedRun> => {
        const { id } = names[stage];
        const run = await readRun(project, id);
        return { stage, id, finished: run?.state === 'succeeded' ? run : undefined };
      }),
    ),
    teacher: await teacherNetwork(project, recipe, known),
    student: { network, imageSizePx: recipe.imageSizePx },
  };
}

const STAGES_TO: Readonly<Record<Goal, readonly StageName[]>> = {
  teacher: ['teacher'],
  label: ['teacher', 'label'],
  select: ['teacher', 'label', 'select'],
  student: ['teacher', 'label', 'select', 'supervised', 'pretrain', 'finetune'],
  evaluate: ['teacher', 'label', 'select', 'supervised', 'pretrain', 'finetune', 'evaluate'],
};

async function namedStages(
  project: Project,
  recipe: ResolvedRecipe,
  known: Known,
): Promise<Readonly<Record<StageName, StageParent>>> {
  const training = (plan: TrainingPlan) => stageRun(trainingInputs(recipe, known, plan));
  const teacher =
    recipe.teacher.run === null
      ? training(teacherTraining(recipe, known))
      : await requireTeacher(project, known, recipe.teacher.run);
  const label = stageRun(labelInputs(recipe, known, teacher));
  const decisions = decisionsDigest(await readDecisions(project.database));
  const select = stageRun(selectInputs(recipe, known, decisions, label));
  const supervised = training(supervisedTraining(recipe, known));
  const pretrain = training(pretraining(recipe, known, select));
  const finetune = training(finetuning(recipe, known, pretrain));
  const compared: (readonly [EvaluatedModel, StageParent])[] = [
    ['teacher', teacher],
    ...(recipe.supervised.enabled ? ([['supervised', supervised]] as const) : []),
    ['pretrained', pretrain],
    ['finetuned', finetune],
  ];
  return {
    teacher,
    label,
    select,
    supervised,
    pretrain,
    finetune,
    evaluate: stageRun(evaluateInputs(recipe, known, compared)),
  };
}

/** One that was brought or trained with another recipe is what its file says. */
async function teacherNetwork(project: Project, recipe: ResolvedRecipe, known: Known): Promise<PlannedNetwork> {
  const { run } = recipe.teacher;
  if (run !== null) return await describeModel(modelPath({ project }, { id: run }));
  return { network: teacherTraining(recipe, known).network, imageSizePx: recipe.imageSizePx };
}
