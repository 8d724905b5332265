/** Which images a run used, according to the files it kept: the images as they were then, not what became of them. */
import type { Database } from '../database.ts';
import type { Project } from '../project.ts';
import { loadRunClasses } from '../run-classes.ts';
import { SELECTION } from '../selection.ts';
import { predictionsTable } from './predictions.ts';
import { findRunTable, runTable } from './run-table.ts';

const TRAINED_ON = 'trained-on.parquet';

/** `selected` by a selection; `labelled` by the teacher; `heldOut` for evaluation. */
export type RunUse = 'trainedOn' | 'selected' | 'labelled' | 'heldOut';

interface UsedImage {
  readonly imageId: number;
  readonly classId: number;
}

/** In their order, with the class of each; undefined if the run used none in this way. Throws `StoredDataDamaged`. */
export async function usedImages(
  project: Project,
  runId: string,
  use: RunUse,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<{ readonly total: number; readonly images: readonly UsedImage[] } | undefined> {
  const used = await usedTable(project, runId, use);
  if (used === undefined) return undefined;
  const { database } = project;
  const total = await database.number(`SELECT count(*) FROM (${used})`);
  const rows = await database.rows(`SELECT image_id, class_id FROM (${used}) ORDER BY place LIMIT ? OFFSET ?`, [
    limit,
    offset,
  ]);
  const images = rows.map(({ image_id, class_id }) => ({ imageId: Number(image_id), classId: Number(class_id) }));
  return { total, images };
}

/**
 * How many images a training or a selection used, or a comparison evaluated on; null if the run kept no list. Throws
 * the same.
 */
export async function countUsedImages(
  project: Project,
  runId: string,
  use: Exclude<RunUse, 'labelled'>,
): Promise<number | null> {
  const { database } = project;
  if (use === 'heldOut') {
    const predictions = await predictionsTable(project, runId);
    return predictions === undefined ? null : await countRows(database, predictions, 'DISTINCT image_id');
  }
  const table = await keptTable(project, runId, use);
  return table === undefined ? null : await countRows(database, table, '*');
}

/** Whether the run learned from the image, or selected it. Throws the same. */
export async function usesImage(project: Project, runId: string, imageId: number): Promise<boolean> {
  for (const use of ['trainedOn', 'selected'] as const) {
    const table = await keptTable(project, runId, use);
    if (table === undefined) continue;
    if (await project.database.number(`SELECT count(*) FROM ${table} WHERE image_id = ?`, [imageId])) return true;
  }
  return false;
}

/**
 * The labels that a run learned from, as an SQL table expression. Throws `StoredDataDamaged`, also if there are none.
 */
export async function trainedOnTable(project: Project, runId: string): Promise<string> {
  return await runTable(project, runId, TRAINED_ON);
}

async function countRows(database: Database, table: string, what: string): Promise<number> {
  return await database.number(`SELECT count(${what}) FROM ${table}`);
}

async function keptTable(project: Project, runId: string, use: 'trainedOn' | 'selected'): Promise<string | undefined> {
  return await findRunTable(project, runId, use === 'trainedOn' ? TRAINED_ON : SELECTION);
}

/** SQL for `image_id`, `class_id` and the `place` to order by. */
async function usedTable(project: Project, runId: string, use: RunUse): Promise<string | undefined> {
  switch (use) {
    case 'trainedOn':
    case 'selected': {
      const kept = await keptTable(project, runId, use);
      const place = use === 'trainedOn' ? 'image_id' : 'row_number() OVER (ORDER BY class_id, rank)';
      return kept && `SELECT image_id, class_id, ${place} AS place FROM ${kept}`;
    }
    case 'labelled':
      return (await project.scores.partitions(runId)).length > 0
        ? `SELECT image_id, class_id, image_id AS place FROM ${await project.scores.table(runId)} WHERE rank_in_image = 1`
        : undefined;
    case 'heldOut':
      return await heldOut(project, runId);
    default:
      return use satisfies never;
  }
}

/** A comparison identifies classes by the networks' outputs. */
async function heldOut(project: Project, runId: string): Promise<string | undefined> {
  const predictions = await predictionsTable(project, runId);
  if (predictions === undefined) return undefined;
  const { classIds } = await loadRunClasses(project, runId);
  return `SELECT image_id, [${classIds.join(', ')}][any_value(true_output) + 1] AS class_id, image_id AS place
    FROM ${predictions} GROUP BY image_id`;
}
