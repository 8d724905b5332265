/** What a run made, as tables for other programs: SQL over the run's own files, with paths and the names of classes. */
import { existsSync } from 'node:fs';
import { at } from '../at.ts';
import { literal } from '../catalogue/database.ts';
import type { Project } from '../catalogue/project.ts';
import { loadRunClasses } from '../catalogue/run-classes.ts';
import { predictionsTable } from '../catalogue/runs/predictions.ts';
import { selectionTable } from '../catalogue/selection.ts';
import { ExportRefused } from './export-refused.ts';
import type { RunRecord } from './run-record.ts';
import { comparisonsIn, readRun, readRuns } from './runs.ts';
import { modelOf, type StageName, stages } from './stages.ts';

const IMAGES = `(SELECT images.id, folder || '/' || relative_path AS path FROM images JOIN sources ON sources.id = source_id)`;

/** Throws `ExportRefused` where the run builds on no selection. */
export async function selectionQuery(project: Project, run: RunRecord): Promise<string> {
  return `SELECT path, class, rank, probability FROM (${await selectedImagesQuery(project, run)})
    ORDER BY class_id, rank`;
}

/** The same with the images' numbers and their classes'. Throws the same. */
export async function selectedImagesQuery(project: Project, run: RunRecord): Promise<string> {
  const select = await newestRelated(project, run, 'select');
  if (!select) throw new ExportRefused(`The run ${run.id} builds on no selection: choose a selection or a student.`);
  return `SELECT kept.image_id, class_id, path, name AS class, rank, probability
    FROM ${await selectionTable(project, select.id)} kept
    JOIN ${IMAGES} images ON images.id = kept.image_id JOIN ${await classTable(project, select.id)} classes USING (class_id)`;
}

/**
 * Of a labelling its scores; of a comparison what every model said; of a model what it said in the newest comparison. Throws
 * `ExportRefused` where nothing of that is kept.
 */
export async function predictionsQuery(project: Project, run: RunRecord): Promise<string> {
  if (stages[run.stage].cost === 'predict' && run.state === 'succeeded') {
    return `SELECT path, name AS class, rank_in_image AS rank, probability FROM ${await project.scores.table(run.id)} scores
      JOIN ${IMAGES} images ON images.id = scores.image_id JOIN ${await classTable(project, run.id)} classes USING (class_id)
      ORDER BY scores.image_id, rank_in_image`;
  }
  const evaluation =
    run.stage === 'evaluate'
      ? run
      : comparisonsIn(await readRuns(project), run.id).findLast(({ id }) => keepsPredictions(project, id));
  const predictions = evaluation && (await predictionsTable(project, evaluation.id));
  if (!evaluation || predictions === undefined) {
    throw new ExportRefused(`No predictions of the run ${run.id} are kept: compare the models, then export.`);
  }
  const classes = await classTable(project, evaluation.id);
  const model = modelOf(run.stage);
  return `SELECT path, truth.name AS true_class, model, predicted.name AS predicted_class, probability
    FROM ${predictions} predictions JOIN ${IMAGES} images ON images.id = predictions.image_id
    JOIN ${classes} truth ON truth.output = true_output
    JOIN ${classes} predicted ON predicted.output = predicted_output
    ${model === undefined ? '' : `WHERE model = ${literal(model)}`} ORDER BY predictions.image_id, model`;
}

function keepsPredictions(project: Project, runId: string): boolean {
  return existsSync(project.path('runs', runId, 'predictions.parquet'));
}

/** The run itself or the newest of this stage that it builds on. */
async function newestRelated(project: Project, run: RunRecord, stage: StageName): Promise<RunRecord | undefined> {
  if (run.stage === stage) return run.state === 'succeeded' ? run : undefined;
  for (const parent of run.parents.toReversed()) {
    const above = await readRun(project, parent);
    const found = above && (await newestRelated(project, above, stage));
    if (found) return found;
  }
  return undefined;
}

async function classTable(project: Project, runId: string): Promise<string> {
  const { classIds, classNames } = await loadRunClasses(project, runId);
  const rows = classIds.map((id, output) => `(${output}, ${id}, ${literal(at(classNames, output))})`);
  return `(SELECT * FROM (VALUES ${rows.join(', ')}) listed(output, class_id, name))`;
}
