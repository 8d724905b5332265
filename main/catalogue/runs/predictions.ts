/**
 * The prediction of each model of a comparison for each held-out image: predictions.parquet in the comparison's run.
 */
import { join } from 'node:path';
import { type Database, literal, type RowValues } from '../database.ts';
import { saveRows } from '../parquet.ts';
import type { Project } from '../project.ts';
import { recordRunFiles } from '../run-files.ts';
import { findRunTable } from './run-table.ts';

const PREDICTIONS = 'predictions.parquet';

const COLUMNS = {
  image_id: 'bigint',
  true_output: 'integer',
  model: 'text',
  predicted_output: 'integer',
  probability: 'float',
  /** The same after calibration; this one is displayed. */
  calibrated: 'float',
} as const;

/** One model and one image; outputs are class indices of the networks. */
export interface Prediction {
  readonly imageId: number;
  readonly trueOutput: number;
  readonly model: string;
  readonly predictedOutput: number;
  readonly probability: number;
  readonly calibrated: number;
}

export async function writePredictions(
  project: Project,
  runId: string,
  predictions: Iterable<Prediction>,
): Promise<void> {
  const directory = project.path('runs', runId);
  await saveRows(project.database, join(directory, PREDICTIONS), COLUMNS, rowsOf(predictions));
  await recordRunFiles(directory, [PREDICTIONS]);
}

/**
 * The file as an SQL table expression; undefined for evaluations made before predictions were stored. Throws
 * `StoredDataDamaged`.
 */
export async function predictionsTable(project: Project, runId: string): Promise<string | undefined> {
  return await findRunTable(project, runId, PREDICTIONS);
}

/** Selects some of the held-out images. */
export type PredictionQuery =
  | { readonly kind: 'cell'; readonly model: string; readonly trueOutput: number; readonly predictedOutput: number }
  | { readonly kind: 'mistakes'; readonly model: string }
  /** Images where one model is right and the other wrong. */
  | { readonly kind: 'disagreement'; readonly right: string; readonly wrong: string };

/** Most confident first, with every model's prediction; `total` counts all matches. */
export async function predictedImages(
  database: Database,
  table: string,
  query: PredictionQuery,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<{
  readonly total: number;
  readonly images: readonly { readonly imageId: number; readonly predictions: readonly Prediction[] }[];
}> {
  const wanted = wantedImages(table, query);
  const total = await database.number(`SELECT count(*) FROM (${wanted})`);
  const ids = await database.integers(
    `SELECT image_id FROM (${wanted}) ORDER BY confidence DESC, image_id LIMIT ${limit} OFFSET ${offset}`,
  );
  const rows = await database.withChosen(ids, () =>
    database.rows(`SELECT predictions.* FROM ${table} predictions SEMI JOIN chosen ON chosen.id = image_id`),
  );
  const predictions = rows.map((row) => ({
    imageId: Number(row.image_id),
    trueOutput: Number(row.true_output),
    model: String(row.model),
    predictedOutput: Number(row.predicted_output),
    probability: Number(row.probability),
    calibrated: Number(row.calibrated ?? row.probability),
  }));
  const images = Array.from(ids, (imageId) => ({
    imageId,
    predictions: predictions.filter((prediction) => prediction.imageId === imageId),
  }));
  return { total, images };
}

/** SQL for `image_id` and the `confidence` to order by. */
function wantedImages(table: string, query: PredictionQuery): string {
  switch (query.kind) {
    case 'cell':
      return `SELECT image_id, probability AS confidence FROM ${table} WHERE model = ${literal(query.model)}
        AND true_output = ${query.trueOutput} AND predicted_output = ${query.predictedOutput}`;
    case 'mistakes':
      return `SELECT image_id, probability AS confidence FROM ${table}
        WHERE model = ${literal(query.model)} AND true_output <> predicted_output`;
    case 'disagreement':
      return `SELECT r.image_id, r.probability AS confidence FROM ${table} r JOIN ${table} w ON w.image_id = r.image_id
        WHERE r.model = ${literal(query.right)} AND r.true_output = r.predicted_output
          AND w.model = ${literal(query.wrong)} AND w.true_output <> w.predicted_output`;
    default:
      return query satisfies never;
  }
}

function* rowsOf(predictions: Iterable<Prediction>): Generator<RowValues> {
  for (const { imageId, trueOutput, model, predictedOutput, probability, calibrated } of predictions) {
    yield [imageId, trueOutput, model, predictedOutput, probability, calibrated];
  }
}
