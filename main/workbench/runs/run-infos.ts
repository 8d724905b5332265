/** Runs for display: their titles, their accuracy, and what they were made of. */

import { existsSync } from 'node:fs';
import type { Project } from '../../catalogue/project.ts';
import { MODEL } from '../../catalogue/run-files.ts';
import { countUsedImages } from '../../catalogue/runs/used-images.ts';
import { importedFile } from '../../pipeline/brought-teacher.ts';
import { exportsOf } from '../../pipeline/export-run.ts';
import { HEAD } from '../../pipeline/feature-teacher.ts';
import { isKeepable } from '../../pipeline/keep-training.ts';
import { readCurve } from '../../pipeline/run-curve.ts';
import type { RunRecord } from '../../pipeline/run-record.ts';
import { comparisonsIn, readRun, readRuns } from '../../pipeline/runs.ts';
import { continuedStage, modelOf, stageNames, stages } from '../../pipeline/stages.ts';
import type { TrainingPoint } from '../../training/train-request.ts';
import type { Job } from '../contract/jobs.ts';
import type { LineageNode, RunInfo } from '../contract/runs.ts';
import { NotFound } from '../failures.ts';
import { stateOfRun } from '../work/work-state.ts';
import { titlesOf } from './run-titles.ts';

const AT_WORK: ReadonlySet<Job['state']> = new Set(['running', 'queued']);

/** The newest first; `jobs` are those of the project. */
export async function runInfos(project: Project, jobs: readonly Job[] = []): Promise<RunInfo[]> {
  const runs = await readRuns(project);
  const titles = titlesOf(runs);
  return runs.map((run) => runInfo(project, run, runs, titles, jobs)).reverse();
}

/** Throws `NotFound`. */
export async function requireRun(project: Project, runId: string): Promise<RunRecord> {
  const run = await readRun(project, runId);
  if (!run) throw new NotFound(`There is no run ${runId} in this project.`);
  return run;
}

/** Each point of the curve so far; a line that is still being written is left out. */
export async function runCurve(project: Project, runId: string): Promise<TrainingPoint[]> {
  return await readCurve(project, await requireRun(project, runId));
}

/** The run itself first, then the runs it builds on, the last stage first, each once, with the number of images each used. */
export async function runLineage(project: Project, runId: string, jobs: readonly Job[] = []): Promise<LineageNode[]> {
  await requireRun(project, runId);
  const runs = await readRuns(project);
  const found = new Map<string, RunRecord>();
  const collect = (id: string) => {
    const run = runs.find((one) => one.id === id);
    if (!run || found.has(id)) return;
    found.set(id, run);
    for (const parent of run.parents) collect(parent);
  };
  collect(runId);
  const titles = titlesOf(runs);
  const place = ({ stage }: RunRecord) => stageNames.indexOf(stage);
  return await Promise.all(
    [...found.values()]
      .toSorted((a, b) => place(b) - place(a))
      .map(async (run) => ({
        run: runInfo(project, run, runs, titles, jobs),
        images: await imagesOf(project, run),
      })),
  );
}

async function imagesOf(project: Project, run: RunRecord): Promise<LineageNode['images']> {
  const trainedOn = await countUsedImages(project, run.id, 'trainedOn');
  const selected = await countUsedImages(project, run.id, 'selected');
  const heldOut = await countUsedImages(project, run.id, 'heldOut');
  return [
    ...(trainedOn === null ? [] : [{ use: 'trainedOn', count: trainedOn } as const]),
    ...(selected === null ? [] : [{ use: 'selected', count: selected } as const]),
    ...(stages[run.stage].cost === 'predict' ? [{ use: 'labelled', count: run.metrics.images ?? 0 } as const] : []),
    ...(heldOut === null ? [] : [{ use: 'heldOut', count: heldOut } as const]),
  ];
}

function runInfo(
  project: Project,
  run: RunRecord,
  all: readonly RunRecord[],
  titles: ReadonlyMap<string, string>,
  jobs: readonly Job[],
): RunInfo {
  const { key: _, recipe: __, engine: ___, ...shown } = run;
  const { side, model } = stages[run.stage];
  const imported = importedFile(run) !== undefined;
  const hasNetwork = existsSync(project.path('runs', run.id, MODEL));
  const hasModel = hasNetwork || existsSync(project.path('runs', run.id, HEAD));
  const role = model?.role ?? null;
  return {
    ...{ ...shown, state: stateOfRun(run, jobs), title: titles.get(run.id) ?? run.id, side, role, imported, hasModel },
    continues: continuedRun(run, all),
    // Eyes from elsewhere with their classifier have no checkpoint.
    exports: exportsOf(run.stage).filter((format) => format !== 'checkpoint' || hasNetwork || !hasModel),
    heldOutTop1: heldOutTop1(run, all),
    keepable: isKeepable(project, run) && !AT_WORK.has(stateOfRun(run, jobs)),
    extendable: role === 'teacher' && hasNetwork && run.state === 'succeeded' && !imported,
  };
}

function continuedRun({ stage, parents }: RunRecord, all: readonly RunRecord[]): string | null {
  const continued = continuedStage(stage);
  return all.find((run) => parents.includes(run.id) && run.stage === continued)?.id ?? null;
}

function heldOutTop1(run: RunRecord, all: readonly RunRecord[]): number | null {
  const evaluation = comparisonsIn(all, run.id).at(-1);
  return evaluation?.metrics[`${modelOf(run.stage)}Top1`] ?? null;
}
