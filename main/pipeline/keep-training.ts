/**
 * Keeps what a stopped training has learnt: a finished run of its own, made from the last checkpoint, whose name
 * includes how far it came. The training itself is neither changed nor replaced, and can still continue from its
 * checkpoint.
 */
import { mkdir } from 'node:fs/promises';
import { writeAtomically } from '../atomic-file.ts';
import { hasImageSet, loadImageSet, saveImageSet } from '../catalogue/image-set.ts';
import type { Project } from '../catalogue/project.ts';
import { loadRunClasses, saveRunClasses } from '../catalogue/run-classes.ts';
import { MODEL, recordRunFiles, runFilesAreSound } from '../catalogue/run-files.ts';
import { ExpectedFailure } from '../failure.ts';
import { saveModel } from '../models/checkpoint.ts';
import { weightsOf } from '../models/programs.ts';
import { hasCheckpoint, type ResumePoint, readCheckpoint } from '../training/training-checkpoint.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import { CURVE, pointsIn } from './run-curve.ts';
import type { RunRecord } from './run-record.ts';
import { noSuchRun, readRun, readRuns, writeAsNewest } from './runs.ts';
import { stageRun } from './stage.ts';
import { stages } from './stages.ts';
import { modelOfRun } from './trainings.ts';

export class NothingToKeep extends ExpectedFailure {}

/** Whether it is a training that was stopped after it had learnt something. */
export function isKeepable(project: Pick<Project, 'path'>, { id, stage, state }: RunRecord): boolean {
  return stages[stage].model !== undefined && state !== 'succeeded' && hasCheckpoint(project.path('runs', id));
}

/** The newest training that can be kept. Throws `NothingToKeep`. */
export async function newestKeepable(project: Project): Promise<RunRecord> {
  const run = (await readRuns(project)).findLast((one) => isKeepable(project, one));
  if (run) return run;
  throw new NothingToKeep('No training of this project was stopped half-way: there is nothing to keep.');
}

/** Uses the last checkpoint. Throws `NothingToKeep`, and `StoredDataDamaged` for a damaged checkpoint. */
export async function keepTraining(project: Project, runId: string): Promise<RunRecord> {
  const run = await readRun(project, runId);
  if (!run) throw new NothingToKeep(noSuchRun(runId));
  if (!isKeepable(project, run)) throw new NothingToKeep(whyNot(run));
  const checkpoint = await readCheckpoint(project.path('runs', runId));
  if (!checkpoint) throw new NothingToKeep(whyNot(run));
  const { stage, seed } = run;
  const parameters = { endedEarly: { run: run.key, step: checkpoint.step } };
  const { id, key } = stageRun({ stage, seed, parameters, parents: [] });
  const known = await readRun(project, id);
  if (known?.state === 'succeeded' && (await runFilesAreSound(project.path('runs', id)))) return known;
  const files = await writeFiles(project, run, id, checkpoint);
  const kept = { id, key, state: 'succeeded', reason: null, finishedAt: new Date().toISOString(), ...files } as const;
  return await writeAsNewest(project, { ...run, ...kept });
}

function whyNot({ id, stage, state }: RunRecord): string {
  if (stages[stage].model === undefined) return `The run ${id} trains no network: there is nothing of it to keep.`;
  if (state === 'succeeded') return `The run ${id} is finished, and its model is kept already.`;
  return `The run ${id} has not learnt anything yet: let it run for a moment, and then stop it.`;
}

/** Everything except the record, which is written last. */
async function writeFiles(
  project: Project,
  run: RunRecord,
  id: string,
  { step, totalSteps, metrics, state, parts }: ResumePoint,
): Promise<Pick<RunRecord, 'metrics' | 'endedEarly'>> {
  const directory = project.path('runs', id);
  await mkdir(directory, { recursive: true });
  const recipe = run.recipe as ResolvedRecipe;
  const classes = await loadRunClasses(project, run.id);
  await saveModel(project.path('runs', id, MODEL), {
    ...modelOfRun(run.stage, recipe, classes.classNames.length),
    // Without averaging, the weights themselves.
    weights: weightsOf(state, { averaged: true }),
    classNames: classes.classNames,
    imageSizePx: recipe.imageSizePx,
    provenance: { run: id, stage: run.stage, project: project.name, endedEarly: run.id },
  });
  await writeAtomically(project.path('runs', id, CURVE), async (file) => {
    await file.writeFile(metrics);
  });
  await recordRunFiles(directory, [MODEL, CURVE], { keptFrom: run.id });
  const images = (await hasImageSet(project, run.id, 'trained-on'))
    ? await loadImageSet(project, run.id, 'trained-on')
    : undefined;
  if (images) await saveImageSet(project, id, 'trained-on', images);
  await saveRunClasses(project, id, classes);
  const imagesProcessed = step * recipe.batch;
  const last = pointsIn(Buffer.from(metrics).toString('utf8')).at(-1);
  return {
    metrics: { imagesProcessed, parts, ...(last && { finalLoss: last.loss }) },
    endedEarly: { run: run.id, imagesPlanned: totalSteps * recipe.batch, imagesInEpoch: images?.imageIds.length ?? 0 },
  };
}

/** “after 2.4 of 10 epochs”; empty for a training that ran to its end. */
export function endedEarlyText({ endedEarly, metrics }: Pick<RunRecord, 'endedEarly' | 'metrics'>): string {
  if (!endedEarly) return '';
  const { imagesInEpoch, imagesPlanned } = endedEarly;
  const { imagesProcessed = 0 } = metrics;
  if (imagesInEpoch === 0) return `after ${counted(imagesProcessed)} of ${counted(imagesPlanned)} images`;
  return `after ${epochs(imagesProcessed / imagesInEpoch)} of ${epochs(imagesPlanned / imagesInEpoch)} epochs`;
}

function epochs(count: number): string {
  return count.toLocaleString('en', { maximumSignificantDigits: Math.max(2, Math.ceil(Math.log10(count + 1))) });
}

function counted(count: number): string {
  return count.toLocaleString('en');
}
