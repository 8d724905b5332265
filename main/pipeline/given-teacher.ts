/**
 * A teacher that the recipe names by its run instead of training it: imported as a model file, trained on from an
 * earlier one, or chosen by the user. It stays the project's teacher until another is requested.
 */
import { hasImageSet, loadImageSet } from '../catalogue/image-set.ts';
import type { Project } from '../catalogue/project.ts';
import { loadRunClasses, type RunClasses } from '../catalogue/run-classes.ts';
import { ExpectedFailure } from '../failure.ts';
import { describeModel } from '../models/checkpoint.ts';
import type { Collection } from './collection.ts';
import { hasHead } from './feature-teacher.ts';
import { keepRecipe, lastRecipe } from './kept-recipe.ts';
import type { Recipe } from './recipe-schema.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import type { RunRecord } from './run-record.ts';
import { readRun } from './runs.ts';
import { type StageName, stages } from './stages.ts';
import { openModel, trainStage } from './train-stage.ts';
import type { Workspace } from './workspace.ts';

export class TeacherUnfit extends ExpectedFailure {}

/** The fraction of the original learning rate: enough to make progress, too little to forget. */
const EXTENSION_RATE = 0.1;

/** Throws `TeacherUnfit` if the run is gone or its classes differ from the collection's present ones. */
export async function givenTeacher(workspace: Workspace, collection: Collection, runId: string): Promise<RunRecord> {
  const { project, tell } = workspace;
  const run = await requireTeacher(project, collection, runId);
  tell({ kind: 'noted', message: `The recipe's teacher is the run ${runId}: teacher.run=null trains a new one.` });
  tell({ kind: 'stageFinished', stage: 'teacher', runId, reused: true, seconds: 0, metrics: run.metrics });
  return run;
}

/** The finished teacher of this name. Throws `TeacherUnfit` as `givenTeacher` does. */
export async function requireTeacher(
  project: Project,
  classes: Pick<RunClasses, 'classIds'>,
  runId: string,
): Promise<RunRecord> {
  return await requireRun(project, classes, runId, (stage) => stage === 'teacher');
}

/** The finished run of this name that can label: a teacher, or any run that trained a model. Throws `TeacherUnfit`. */
export async function requireLabeller(
  project: Project,
  classes: Pick<RunClasses, 'classIds'>,
  runId: string,
): Promise<RunRecord> {
  return await requireRun(project, classes, runId, (stage) => stages[stage].model !== undefined);
}

async function requireRun(
  project: Project,
  { classIds: wanted }: Pick<RunClasses, 'classIds'>,
  runId: string,
  fits: (stage: StageName) => boolean,
): Promise<RunRecord> {
  const run = await readRun(project, runId);
  if (!run || !fits(run.stage) || run.state !== 'succeeded') {
    throw new TeacherUnfit(
      `The recipe uses the teacher ${runId}, which does not exist: set teacher.run to null, or to another.`,
    );
  }
  const { classIds } = await loadRunClasses(project, runId);
  if (classIds.join() !== wanted.join()) {
    throw new TeacherUnfit(
      `The teacher ${runId} knows other classes than the project has now: set teacher.run to null to train a new one.`,
    );
  }
  return run;
}

/**
 * Trains a teacher for `images` more images, on its original training set, as a run of its own that the recipe then
 * uses.
 */
export async function extendTeacher(
  workspace: Workspace,
  collection: Collection,
  run: RunRecord,
  images: number,
): Promise<RunRecord> {
  const { project } = workspace;
  await requireTeacher(project, collection, run.id);
  const before = run.recipe as ResolvedRecipe;
  if (!(await hasImageSet(project, run.id, 'trained-on'))) {
    throw new TeacherUnfit(
      `The teacher ${run.id} was imported: what it was trained on is not here, so it cannot be extended.`,
    );
  }
  if (await hasHead(project, run.id)) {
    throw new TeacherUnfit(
      `The teacher ${run.id} is a classifier over features, which is trained to the end within seconds: label more images and train it again.`,
    );
  }
  const trainedOn = await loadImageSet(project, run.id, 'trained-on');
  const { network, preprocessing } = await describeModel(await openModel(workspace, run));
  const { training, tuning } = before.teacher;
  const extended = await trainStage(
    { ...workspace, recipe: { ...before, engine: workspace.recipe.engine } },
    collection,
    {
      stage: 'teacher',
      network,
      preprocessing,
      // Its classifier is no longer fresh.
      tuning: tuning && { ...tuning, headRateFactor: 1 },
      training: {
        ...training,
        images,
        schedule: { kind: 'cosine', peakRate: EXTENSION_RATE * training.schedule.peakRate, warmupShare: 0.05 },
      },
      imagesDigest: collection.digests.labelled,
      parents: [run],
      startFrom: run,
    },
    trainedOn,
  );
  await keepAsTeacher(project, extended.id);
  return extended;
}

/**
 * The recipe uses this run until another teacher is requested; null restores training its own, whose settings are
 * unchanged.
 */
export async function keepAsTeacher(project: Project, runId: string | null): Promise<void> {
  const recipe = await lastRecipe(project);
  await keepRecipe(project, { ...recipe, teacher: { ...recipe.teacher, run: runId } });
}

/** Replaces whatever was brought for the teacher before. */
export async function keepBroughtTeacher(
  project: Project,
  brought: Partial<Pick<Recipe['teacher'], 'run' | 'features' | 'startFrom'>>,
): Promise<void> {
  const recipe = await lastRecipe(project);
  const nothing = { run: null, features: null, startFrom: null };
  await keepRecipe(project, { ...recipe, teacher: { ...recipe.teacher, ...nothing, ...brought } });
}
