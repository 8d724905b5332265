/** Held-out images by what the models said of them: a cell of a confusion matrix, mistakes, what the student gains or loses. */
import { type Database, literal } from '../../catalogue/database.ts';
import type { Project } from '../../catalogue/project.ts';
import { ExpectedFailure } from '../../failure.ts';
import { predictionsTable } from '../../pipeline/predictions.ts';
import { type EvaluatedModel, modelAs } from '../../pipeline/stages.ts';
import type { EvaluatedImageWindow, EvaluationQuery } from '../contract/runs.ts';
import type { Page } from '../services.ts';
import { requireRun } from './run-infos.ts';

export class PredictionsMissing extends ExpectedFailure {}

export async function evaluatedImages(
  project: Project,
  runId: string,
  query: EvaluationQuery,
  { offset, limit }: Page,
): Promise<EvaluatedImageWindow> {
  await requireRun(project, runId);
  const table = await predictionsTable(project, runId);
  if (table === undefined) {
    throw new PredictionsMissing(
      'This comparison was made before Understudy kept what each model said of each image: compare again with another seed to see them.',
    );
  }
  const { database } = project;
  const wanted = wantedImages(table, query);
  const total = await database.number(`SELECT count(*) FROM (${wanted})`);
  const ids = await database.integers(
    `SELECT image_id FROM (${wanted}) ORDER BY confidence DESC, image_id LIMIT ${limit} OFFSET ${offset}`,
  );
  return { total: total, offset, images: await described(database, table, ids) };
}

/** SQL for `image_id` and the `confidence` to order by. */
function wantedImages(table: string, query: EvaluationQuery): string {
  switch (query.kind) {
    case 'cell':
      return `SELECT image_id, probability AS confidence FROM ${table} WHERE model = ${literal(query.model)}
        AND true_output = ${query.trueClass} AND predicted_output = ${query.predictedClass}`;
    case 'mistakes':
      return `SELECT image_id, probability AS confidence FROM ${table}
        WHERE model = ${literal(query.model)} AND true_output <> predicted_output`;
    case 'gains':
      return rightWhereWrong(table, modelAs('result'), modelAs('teacher'));
    case 'losses':
      return rightWhereWrong(table, modelAs('teacher'), modelAs('result'));
    default:
      return query satisfies never;
  }
}

function rightWhereWrong(table: string, right: EvaluatedModel, wrong: EvaluatedModel): string {
  return `SELECT r.image_id, r.probability AS confidence FROM ${table} r JOIN ${table} w ON w.image_id = r.image_id
    WHERE r.model = ${literal(right)} AND r.true_output = r.predicted_output
      AND w.model = ${literal(wrong)} AND w.true_output <> w.predicted_output`;
}

async function described(database: Database, table: string, ids: Int32Array): Promise<EvaluatedImageWindow['images']> {
  const rows = await database.withChosen(ids, () =>
    database.rows(`SELECT predictions.* FROM ${table} predictions SEMI JOIN chosen ON chosen.id = image_id`),
  );
  return Array.from(ids, (imageId) => {
    const own = rows.filter(({ image_id }) => Number(image_id) === imageId);
    return {
      imageId,
      trueClass: Number(own[0]?.true_output ?? 0),
      predictions: own.map(({ model, predicted_output, probability, calibrated }) => ({
        model: String(model) as EvaluatedModel,
        predictedClass: Number(predicted_output),
        probability: Number(calibrated ?? probability),
      })),
    };
  });
}
