/** What each model of an evaluation said of each held-out image, as predictions.parquet in the evaluation's run. */
import { literal } from '../catalogue/database.ts';
import { saveRows } from '../catalogue/parquet.ts';
import type { Project } from '../catalogue/project.ts';
import type { EvaluatedModel } from './stages.ts';

export interface PredictionRows {
  readonly model: EvaluatedModel;
  readonly imageIds: Int32Array;
  /** As the network numbers the classes. */
  readonly trueOutputs: Int32Array;
  /** [images, classes] */
  readonly probabilities: Float32Array;
  readonly classes: number;
}

const COLUMNS = {
  image_id: 'integer',
  true_output: 'integer',
  model: 'text',
  predicted_output: 'integer',
  probability: 'float',
} as const;

export async function savePredictions(
  project: Project,
  runId: string,
  models: readonly PredictionRows[],
): Promise<void> {
  await saveRows(project.database, path(project, runId), COLUMNS, rowsOf(models));
}

/** The file as an SQL table expression; it is absent from evaluations that were made before there were predictions. */
export function predictionsTable(project: Project, runId: string): string {
  return `read_parquet(${literal(path(project, runId))})`;
}

function path(project: Project, runId: string): string {
  return project.path('runs', runId, 'predictions.parquet');
}

function* rowsOf(models: readonly PredictionRows[]): Generator<readonly (number | string)[]> {
  for (const { model, imageIds, trueOutputs, probabilities, classes } of models) {
    for (const [index, imageId] of imageIds.entries()) {
      const own = probabilities.subarray(index * classes, (index + 1) * classes);
      const best = own.reduce((found, value, output) => (value > (own[found] ?? 0) ? output : found), 0);
      yield [imageId, trueOutputs[index] ?? 0, model, best, own[best] ?? 0];
    }
  }
}
