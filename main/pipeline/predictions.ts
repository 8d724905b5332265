/** Stores the predictions of an evaluation: the class that each model gave each held-out image, and its confidence. */
import { at } from '../at.ts';
import type { Project } from '../catalogue/project.ts';
import { type Prediction, writePredictions } from '../catalogue/runs/predictions.ts';
import { calibrated } from './calibration.ts';
import { indexOfLargest } from './metrics.ts';
import type { EvaluatedModel } from './stages.ts';

export interface PredictionRows {
  readonly model: EvaluatedModel;
  readonly imageIds: Int32Array;
  /** Class indices of the network. */
  readonly trueOutputs: Int32Array;
  /** [images, classes] */
  readonly probabilities: Float32Array;
  readonly classes: number;
  /** The temperature for displayed probabilities; undefined if unknown. */
  readonly temperature?: number | undefined;
}

export async function savePredictions(
  project: Project,
  runId: string,
  models: readonly PredictionRows[],
): Promise<void> {
  await writePredictions(project, runId, predictionsOf(models));
}

function* predictionsOf(models: readonly PredictionRows[]): Generator<Prediction> {
  for (const { model, imageIds, trueOutputs, probabilities, classes, temperature = 1 } of models) {
    for (const [index, imageId] of imageIds.entries()) {
      const own = probabilities.subarray(index * classes, (index + 1) * classes);
      const best = indexOfLargest(own);
      const probability = at(own, best);
      if (Number.isNaN(probability)) continue;
      yield {
        ...{ imageId, trueOutput: at(trueOutputs, index), model, predictedOutput: best, probability },
        calibrated: shownOf(own, best, temperature),
      };
    }
  }
}

/** Unscaled if the temperature is 1, also because outputs that are not probabilities have no other temperature. */
function shownOf(probabilities: Float32Array, best: number, temperature: number): number {
  return temperature === 1 ? at(probabilities, best) : at(calibrated(probabilities, temperature), best);
}
