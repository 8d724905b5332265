/** The results of a run as tables for other programs: finds which related run's files contain them. */
import { existsSync } from 'node:fs';
import {
  type ExportQuery,
  predictionRows,
  scoreRows,
  selectedImages,
  selectionRows,
} from '../catalogue/exports/export-queries.ts';
import type { Project } from '../catalogue/project.ts';
import { ExportRefused } from './export-refused.ts';
import type { RunRecord } from './run-record.ts';
import { comparisonsIn, readRun, readRuns } from './runs.ts';
import { modelOf, type StageName, stages } from './stages.ts';

/** Throws `ExportRefused` if the run builds on no selection. */
export async function selectionQuery(project: Project, run: RunRecord): Promise<ExportQuery> {
  return await selectionRows(project, await selectionOf(project, run));
}

/** The same with the ids of the images and classes. Throws the same. */
export async function selectedImagesQuery(project: Project, run: RunRecord): Promise<ExportQuery> {
  return await selectedImages(project, await selectionOf(project, run));
}

async function selectionOf(project: Project, run: RunRecord): Promise<string> {
  const select = await newestRelated(project, run, 'select');
  if (!select) throw new ExportRefused(`The run ${run.id} builds on no selection: choose a selection or a student.`);
  return select.id;
}

/**
 * For a labelling, its scores; for a comparison, every model's predictions; for a model, its predictions in the newest
 * comparison. Throws `ExportRefused` if none of this is stored.
 */
export async function predictionsQuery(project: Project, run: RunRecord): Promise<ExportQuery> {
  if (stages[run.stage].cost === 'predict' && run.state === 'succeeded') return await scoreRows(project, run.id);
  const evaluation =
    run.stage === 'evaluate'
      ? run
      : comparisonsIn(await readRuns(project), run.id).findLast(({ id }) => keepsPredictions(project, id));
  const rows = evaluation && (await predictionRows(project, evaluation.id, modelOf(run.stage)));
  if (rows) return rows;
  throw new ExportRefused(`No predictions of the run ${run.id} are kept: compare the models, then export.`);
}

function keepsPredictions(project: Project, runId: string): boolean {
  return existsSync(project.path('runs', runId, 'predictions.parquet'));
}

/** The run itself, or the newest one of this stage that it builds on. */
async function newestRelated(project: Project, run: RunRecord, stage: StageName): Promise<RunRecord | undefined> {
  if (run.stage === stage) return run.state === 'succeeded' ? run : undefined;
  for (const parent of run.parents.toReversed()) {
    const above = await readRun(project, parent);
    const found = above && (await newestRelated(project, above, stage));
    if (found) return found;
  }
  return undefined;
}
