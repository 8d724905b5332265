/** The results of a run as rows for other programs: SQL over the run's own files, with paths and class names. */
import { at } from '../../at.ts';
import { saveCsv } from '../csv.ts';
import { type Database, literal } from '../database.ts';
import { IMAGES_WITH_PLACES, PLACE_COLUMNS, type PlacedImage, placedOf } from '../image-paths.ts';
import type { Project } from '../project.ts';
import { loadRunClasses } from '../run-classes.ts';
import { predictionsTable } from '../runs/predictions.ts';
import { selectionTable } from '../selection.ts';

/** A query that yields ordered rows. */
export interface ExportQuery {
  readonly sql: string;
}

const IMAGES = `(SELECT images.id, folder || '/' || relative_path AS path FROM images JOIN sources ON sources.id = source_id)`;

/** A selection, by class and rank. */
export async function selectionRows(project: Project, selectRunId: string): Promise<ExportQuery> {
  const { sql } = await selectedImages(project, selectRunId);
  return { sql: `SELECT path, class, rank, probability FROM (${sql}) ORDER BY class_id, rank` };
}

/** The same without an order, with the ids of the images and classes. */
export async function selectedImages(project: Project, selectRunId: string): Promise<ExportQuery> {
  return {
    sql: `SELECT kept.image_id, class_id, path, name AS class, rank, probability
    FROM ${await selectionTable(project, selectRunId)} kept
    JOIN ${IMAGES} images ON images.id = kept.image_id JOIN ${await classTable(project, selectRunId)} classes USING (class_id)`,
  };
}

/** The scores of a labelling. */
export async function scoreRows(project: Project, labelRunId: string): Promise<ExportQuery> {
  return {
    sql: `SELECT path, name AS class, rank_in_image AS rank, probability FROM ${await project.scores.table(labelRunId)} scores
      JOIN ${IMAGES} images ON images.id = scores.image_id JOIN ${await classTable(project, labelRunId)} classes USING (class_id)
      ORDER BY scores.image_id, rank_in_image`,
  };
}

/** The predictions of all models of a comparison, or of one of them; undefined if none are stored. */
export async function predictionRows(
  project: Project,
  evaluationId: string,
  model: string | undefined,
): Promise<ExportQuery | undefined> {
  const predictions = await predictionsTable(project, evaluationId);
  if (predictions === undefined) return undefined;
  const classes = await classTable(project, evaluationId);
  return {
    sql: `SELECT path, truth.name AS true_class, model, predicted.name AS predicted_class, probability
    FROM ${predictions} predictions JOIN ${IMAGES} images ON images.id = predictions.image_id
    JOIN ${classes} truth ON truth.output = true_output
    JOIN ${classes} predicted ON predicted.output = predicted_output
    ${model === undefined ? '' : `WHERE model = ${literal(model)}`} ORDER BY predictions.image_id, model`,
  };
}

/** The database writes the file, so that billions of rows never pass through the JavaScript heap. */
export async function writeTable(
  database: Database,
  { sql }: ExportQuery,
  path: string,
  format: 'csv' | 'parquet',
): Promise<void> {
  if (format === 'csv') return await saveCsv(database, sql, path);
  await database.run(`COPY (${sql}) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`);
}

export interface SelectedImage {
  readonly place: PlacedImage;
  readonly path: string;
  readonly class: string;
  readonly rank: number;
  readonly probability: number;
}

/**
 * Class by class, ordered by rank, since a selection may be larger than memory.
 * @param selected rows as `selectedImages` returns them
 */
export async function* eachSelected(
  database: Database,
  { sql }: ExportQuery,
  signal?: AbortSignal,
): AsyncGenerator<SelectedImage> {
  const classes = await database.rows(`SELECT DISTINCT class FROM (${sql}) ORDER BY class`);
  for (const row of classes) {
    const rows = await database.rows(
      `SELECT path, class, rank, probability, ${PLACE_COLUMNS} FROM (${sql}) selected
       JOIN (${IMAGES_WITH_PLACES}) ON images.id = selected.image_id
       WHERE class = ${literal(String(row.class))} ORDER BY class_id, rank`,
    );
    for (const image of rows) {
      signal?.throwIfAborted();
      const { path, class: name, rank, probability } = image;
      yield {
        place: placedOf(image),
        path: String(path),
        class: String(name),
        rank: Number(rank),
        probability: Number(probability),
      };
    }
  }
}

async function classTable(project: Project, runId: string): Promise<string> {
  const { classIds, classNames } = await loadRunClasses(project, runId);
  const rows = classIds.map((id, output) => `(${output}, ${id}, ${literal(at(classNames, output))})`);
  return `(SELECT * FROM (VALUES ${rows.join(', ')}) listed(output, class_id, name))`;
}
