/**
 * The runs that the method would have for a recipe and the collection as it is, by name, and which of them are finished.
 * Every name follows from what goes into the stages, so nothing is computed, decoded or written for it.
 */
import { decisionsDigest, readDecisions } from '../catalogue/decisions.ts';
import type { Project } from '../catalogue/project.ts';
import { describeModel } from '../models/checkpoint.ts';
import type { NetworkConfig } from '../models/network.ts';
import type { CollectionSets } from './collection.ts';
import { digestsOf } from './collection-digests.ts';
import { evaluateInputs } from './evaluate-stage.ts';
import { requireExtractor } from './extractors.ts';
import { hasHead, headInputs } from './feature-teacher.ts';
import { requireTeacher } from './given-teacher.ts';
import { labelInputs } from './label-stage.ts';
import { followMethod, type MethodSteps } from './method.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import type { RunRecord } from './run-record.ts';
import { readRun } from './runs.ts';
import { selectInputs } from './select-stage.ts';
import { type StageParent, stageRun } from './stage.ts';
import { type Goal, type StageName, stageNames } from './stages.ts';
import { openModel, trainingInputs } from './train-stage.ts';

export interface PlannedRun {
  readonly stage: StageName;
  readonly id: string;
  /** It was done before and would be taken over. */
  readonly finished: RunRecord | undefined;
  /** What each of its networks processes, or the stage itself where it has none. */
  readonly images: number;
  /** Those that it trains or asks. */
  readonly networks: readonly PlannedNetwork[];
}

export interface PlannedNetwork {
  readonly network: NetworkConfig;
  readonly imageSizePx: number;
}

/** A run while it is planned. */
type Planned = StageParent & Pick<PlannedRun, 'images' | 'networks'>;

/** In the order of the method, up to the goal. Throws `TeacherUnfit` for a named teacher that is not there or knows other classes. */
export async function plannedRuns(
  project: Project,
  recipe: ResolvedRecipe,
  sets: CollectionSets,
  goal: Goal,
): Promise<PlannedRun[]> {
  const known = { ...sets, digests: await digestsOf(project, sets) };
  const { imageSizePx } = recipe;
  const steps: MethodSteps<Planned> = {
    async given(runId) {
      const { id, key } = await requireTeacher(project, known, runId);
      // Of eyes from elsewhere no network of ours is asked.
      if (await hasHead(project, id)) return { id, key, images: 0, networks: [] };
      return { id, key, images: 0, networks: [await describeModel(await openModel({ project }, { id }))] };
    },
    async train(plan) {
      const { network, training } = plan;
      const run = stageRun(trainingInputs(recipe, known, plan));
      return { ...run, images: training.images, networks: [{ network, imageSizePx }] };
    },
    async trainHead(features) {
      await requireExtractor(project, features);
      // Seconds: what takes time are the features, which are part of labelling.
      return { ...stageRun(headInputs(recipe, known, features)), images: 0, networks: [] };
    },
    async label(teacher) {
      const { networks } = teacher;
      return { ...stageRun(labelInputs(recipe, known, teacher)), images: sets.unlabelled.length, networks };
    },
    async select(labels) {
      const decisions = decisionsDigest(await readDecisions(project.database));
      const run = stageRun(selectInputs(recipe, known, decisions, labels));
      return { ...run, images: sets.unlabelled.length, networks: [] };
    },
    async evaluate(models) {
      const run = stageRun(evaluateInputs(recipe, known, models));
      const networks = models.flatMap(([, model]) => model.networks);
      return { ...run, images: sets.heldOut.imageIds.length, networks };
    },
  };
  const runs = await followMethod(steps, recipe, known, goal);
  const planned = stageNames.flatMap((stage) => {
    const run = runs[stage];
    return run ? [{ stage, ...run }] : [];
  });
  return await Promise.all(
    planned.map(async ({ stage, id, images, networks }) => {
      const run = await readRun(project, id);
      return { stage, id, images, networks, finished: run?.state === 'succeeded' ? run : undefined };
    }),
  );
}
