/** What each model of an evaluation said of each held-out image, as predictions.parquet in the evaluation's run. */
import { join } from 'node:path';
import { at } from '../at.ts';
import { literal } from '../catalogue/database.ts';
import { saveRows } from '../catalogue/parquet.ts';
import type { Project } from '../catalogue/project.ts';
import { findRunFile, recordRunFiles } from '../catalogue/run-files.ts';
import { calibrated } from './calibration.ts';
import { indexOfLargest } from './metrics.ts';
import type { EvaluatedModel } from './stages.ts';

export interface PredictionRows {
  readonly model: EvaluatedModel;
  readonly imageIds: Int32Array;
  /** As the network numbers the classes. */
  readonly trueOutputs: Int32Array;
  /** [images, classes] */
  readonly probabilities: Float32Array;
  readonly classes: number;
  /** By which what is shown of them is scaled; undefined where that is not known. */
  readonly temperature?: number | undefined;
}

const PREDICTIONS = 'predictions.parquet';

const COLUMNS = {
  image_id: 'bigint',
  true_output: 'integer',
  model: 'text',
  predicted_output: 'integer',
  probability: 'float',
  /** The same, scaled; what is shown. */
  calibrated: 'float',
} as const;

export async function savePredictions(
  project: Project,
  runId: string,
  models: readonly PredictionRows[],
): Promise<void> {
  const directory = project.path('runs', runId);
  await saveRows(project.database, join(directory, PREDICTIONS), COLUMNS, rowsOf(models));
  await recordRunFiles(directory, [PREDICTIONS]);
}

/**
 * The file as an SQL table expression; undefined for evaluations that were made before there were predictions. Throws
 * `StoredDataDamaged`.
 */
export async function predictionsTable(project: Project, runId: string): Promise<string | undefined> {
  const path = await findRunFile(project.path('runs', runId), PREDICTIONS);
  return path === undefined ? undefined : `read_parquet(${literal(path)})`;
}

function* rowsOf(models: readonly PredictionRows[]): Generator<readonly (number | string)[]> {
  for (const { model, imageIds, trueOutputs, probabilities, classes, temperature = 1 } of models) {
    for (const [index, imageId] of imageIds.entries()) {
      const own = probabilities.subarray(index * classes, (index + 1) * classes);
      const best = indexOfLargest(own);
      const probability = at(own, best);
      if (Number.isNaN(probability)) continue;
      yield [imageId, at(trueOutputs, index), model, best, probability, shownOf(own, best, temperature)];
    }
  }
}

/** As it is where nothing is to be scaled: what gives no probabilities has no temperature either. */
function shownOf(probabilities: Float32Array, best: number, temperature: number): number {
  return temperature === 1 ? at(probabilities, best) : at(calibrated(probabilities, temperature), best);
}
