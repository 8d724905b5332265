/** Scores that are known to be right or wrong: of unlabelled images that the user checked, and of held-out ones. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { at } from '../at.ts';
import { type Database, literal } from './database.ts';
import { saveParquet } from './parquet.ts';
import type { Project } from './project.ts';
import { recordRunFiles } from './run-files.ts';
import { findRunTable } from './runs/run-table.ts';

/** Columns of equal length. */
export interface CheckedScores {
  readonly imageIds: Int32Array;
  readonly classIds: Int32Array;
  readonly scores: Float32Array;
  /** 1 if the image is of the class, else 0. */
  readonly right: Int32Array;
}

const HELD_OUT_SCORES = 'held-out-scores.parquet';

/** The user's spot-checks of a labelling's ranking. Throws `StoredDataDamaged`. */
export async function spotCheckedScores({ database, scores }: Project, labelRunId: string): Promise<CheckedScores> {
  const [imageIds, classIds, probabilities, right] = await database.columns(
    [Int32Array, Int32Array, Float32Array, Int32Array],
    `SELECT c.image_id, c.class_id, s.probability, c.correct::INTEGER
     FROM spot_checks c JOIN ${await scores.table(labelRunId)} s ON s.image_id = c.image_id AND s.class_id = c.class_id
     WHERE c.label_run_id = ${literal(labelRunId)} ORDER BY c.class_id, c.image_id`,
  );
  return { imageIds, classIds, scores: probabilities, right };
}

/** A digest of the user's answers; null if there are none. */
export async function spotChecksDigest(database: Database, labelRunId: string): Promise<string | null> {
  const columns = await database.columns(
    [Int32Array, Int32Array, Int32Array],
    `SELECT class_id, image_id, correct::INTEGER FROM spot_checks WHERE label_run_id = ${literal(labelRunId)}
     ORDER BY class_id, image_id`,
  );
  if (at(columns, 0).length === 0) return null;
  return createHash('sha256')
    .update(columns.map((column) => column.join()).join(';'))
    .digest('hex');
}

/** Writes them into the folder of the selection run that asked for them. */
export async function saveHeldOutScores(project: Project, runId: string, found: CheckedScores): Promise<void> {
  const directory = project.path('runs', runId);
  const { imageIds, classIds, scores, right } = found;
  const columns = { image_id: imageIds, class_id: classIds, probability: scores, correct: right };
  await saveParquet(project.database, join(directory, HELD_OUT_SCORES), columns);
  await recordRunFiles(directory, [HELD_OUT_SCORES]);
}

/** Undefined if the selection asked for none. Throws `StoredDataDamaged`. */
export async function heldOutScores(project: Project, runId: string): Promise<CheckedScores | undefined> {
  const table = await findRunTable(project, runId, HELD_OUT_SCORES);
  if (table === undefined) return undefined;
  const [imageIds, classIds, scores, right] = await project.database.columns(
    [Int32Array, Int32Array, Float32Array, Int32Array],
    `SELECT image_id, class_id, probability, correct FROM ${table}`,
  );
  return { imageIds, classIds, scores, right };
}
