/** A teacher that is not trained from the start by the recipe: brought as a model file, or trained on from an earlier one. */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { writeTextAtomically } from '../atomic-file.ts';
import { loadImageSet } from '../catalogue/image-set.ts';
import type { Project } from '../catalogue/project.ts';
import { loadRunClasses, saveRunClasses } from '../catalogue/run-classes.ts';
import type { RunRecord } from '../catalogue/run-record.ts';
import { readRun, writeRun } from '../catalogue/runs.ts';
import { ExpectedFailure } from '../failure.ts';
import { loadModel, type SavedModel } from '../models/checkpoint.ts';
import type { Collection } from './collection.ts';
import { lastRecipe } from './open-workspace.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import { modelPath, trainStage } from './train-stage.ts';
import { softwareVersions } from './versions.ts';
import type { Workspace } from './workspace.ts';

export class TeacherUnfit extends ExpectedFailure {}

/** A part of the rate that the training began with: enough to move on, too little to forget what was learnt. */
const EXTENSION_RATE = 0.1;

/** Throws `TeacherUnfit` when the run went away or knows other classes than the collection now has. */
export async function givenTeacher(workspace: Workspace, collection: Collection, runId: string): Promise<RunRecord> {
  const { project, tell } = workspace;
  const run = await readRun(project, runId);
  if (run?.stage !== 'teacher' || run.state !== 'succeeded') {
    throw new TeacherUnfit(
      `The recipe uses the teacher ${runId}, which is not there: set teacher.run to null, or to another.`,
    );
  }
  const { classIds } = await loadRunClasses(project, runId);
  if (classIds.join() !== collection.classIds.join()) {
    throw new TeacherUnfit(
      `The teacher ${runId} knows other classes than the project has now: set teacher.run to null to train a new one.`,
    );
  }
  tell({ kind: 'stageFinished', stage: 'teacher', runId, reused: true, seconds: 0, metrics: run.metrics });
  return run;
}

/**
 * A model file as a teacher's run of its own, which the project's recipe uses from now on. `classes` are those that the
 * collection has now. Throws `TeacherUnfit` when the model does not tell them apart, and what `loadModel` throws.
 */
export async function importTeacher(
  project: Project,
  file: string,
  classes: Pick<Collection, 'classIds' | 'classNames'>,
  recipe: ResolvedRecipe,
): Promise<RunRecord> {
  const model = await loadModel(file);
  requireClasses(file, model, classes.classNames);
  const key = createHash('sha256')
    .update(await readFile(file))
    .digest('hex');
  const id = `teacher-${key.slice(0, 12)}`;
  await mkdir(project.path('runs', id), { recursive: true });
  await copyFile(file, project.path('runs', id, 'model.safetensors'));
  await saveRunClasses(project, id, classes);
  const now = new Date().toISOString();
  const record: RunRecord = {
    ...{ id, stage: 'teacher', key, parents: [], state: 'succeeded', metrics: {}, seed: 0 },
    reason: `Imported from ${basename(file)}.`,
    recipe,
    ...{ engine: 'none', device: 'none', versions: softwareVersions(), startedAt: now, finishedAt: now },
  };
  await writeRun(project, record);
  await keepAsTeacher(project, id);
  return record;
}

function requireClasses(file: string, { classNames, network }: SavedModel, wanted: readonly string[]): void {
  if (network.classes !== wanted.length) {
    throw new TeacherUnfit(
      `${file} tells ${network.classes} classes apart, and this project has ${wanted.length} (${wanted.slice(0, 5).join(', ')}${wanted.length > 5 ? ', …' : ''}): a teacher must know the project's classes; fine-tune it on them first.`,
    );
  }
  const other = wanted.findIndex((name, output) => classNames[output] !== name);
  if (classNames.length > 0 && other >= 0) {
    throw new TeacherUnfit(
      `${file} calls its class ${other + 1} “${classNames[other]}”, and this project calls it “${wanted[other]}”: rename the classes, or bring another model.`,
    );
  }
}

/** Trains a teacher on for `images` more, on what it was trained on, as a run of its own that the recipe then uses. */
export async function extendTeacher(
  workspace: Workspace,
  collection: Collection,
  run: RunRecord,
  images: number,
): Promise<RunRecord> {
  const { project } = workspace;
  const before = run.recipe as ResolvedRecipe;
  const trainedOn = await loadImageSet(project, run.id, 'trained-on').catch(() => {
    throw new TeacherUnfit(
      `The teacher ${run.id} was imported: what it was trained on is not here, so it cannot be extended.`,
    );
  });
  const { network } = await loadModel(modelPath(workspace, run));
  const { training } = before.teacher;
  const extended = await trainStage(
    { ...workspace, recipe: { ...before, engine: workspace.recipe.engine } },
    collection,
    {
      stage: 'teacher',
      network,
      training: {
        ...training,
        images,
        schedule: { kind: 'cosine', peakRate: EXTENSION_RATE * training.schedule.peakRate, warmupShare: 0.05 },
      },
      images: trainedOn,
      imagesDigest: collection.digests.labelled,
      parents: [run],
      startFrom: run,
    },
  );
  await keepAsTeacher(project, extended.id);
  return extended;
}

async function keepAsTeacher(project: Project, runId: string): Promise<void> {
  const recipe = await lastRecipe(project);
  const changed = { ...recipe, teacher: { ...recipe.teacher, run: runId } };
  await writeTextAtomically(project.path('recipe.json'), `${JSON.stringify(changed, undefined, 2)}\n`);
}
