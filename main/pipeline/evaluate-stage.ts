/**
 * Evaluates every model of the method on the same held-out images, as one run whose record contains everything that a
 * report shows.
 */
import { saveRunClasses } from '../catalogue/run-classes.ts';
import { calibrationOf, temperatureMetric } from './calibration.ts';
import type { Collection } from './collection.ts';
import { precisionParameters } from './compute-precision.ts';
import { type Evaluations, saveEvaluations } from './evaluations-file.ts';
import { evaluationOf } from './metrics.ts';
import { outputsOf } from './outputs-of.ts';
import { type PredictionRows, savePredictions } from './predictions.ts';
import { predictorOf } from './predictor.ts';
import {
  knownImages,
  learnFamiliarPictures,
  leastEnergyIn,
  leastEnergyMetric,
  mostDistanceIn,
  mostDistanceMetric,
} from './recognised.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import type { RunRecord } from './run-record.ts';
import { severalTargets } from './several-labels.ts';
import { severalEvaluationOf, shownTruths } from './several-metrics.ts';
import { runStage, type StageInputs, type StageParent, type StageWork } from './stage.ts';
import type { EvaluatedModel } from './stages.ts';
import type { Workspace } from './workspace.ts';

/** The models to compare, in the order of the method. */
export type ComparedRuns<Run> = readonly (readonly [EvaluatedModel, Run])[];

/** The inputs that name the comparison's run. */
export function evaluateInputs(
  { seed, engine }: ResolvedRecipe,
  { digests }: Pick<Collection, 'digests'>,
  models: ComparedRuns<StageParent>,
): StageInputs {
  const parameters = { heldOut: digests.heldOut, models: models.map(([name]) => name), ...precisionParameters(engine) };
  return { stage: 'evaluate', seed, parameters, parents: models.map(([, run]) => run) };
}

export async function evaluateStage(
  workspace: Workspace,
  collection: Collection,
  entries: ComparedRuns<RunRecord>,
): Promise<RunRecord> {
  const { project, recipe } = workspace;
  const inputs = evaluateInputs(recipe, collection, entries);
  const work = async (stage: StageWork) => {
    const { imageIds } = collection.heldOut;
    const trueOutputs = outputsOf(collection, collection.heldOut.classIds);
    const truths = collection.several && severalTargets(collection, collection.heldOut);
    await saveRunClasses(project, stage.runId, collection);
    const classes = collection.classNames.length;
    const known = knownImages(collection, recipe.seed);
    const each = known.length + imageIds.length;
    const predictions: PredictionRows[] = [];
    const evaluations: Evaluations = {};
    const metrics: Record<string, number> = {};
    for (const [index, [name, run]] of entries.entries()) {
      const probabilities = new Float32Array(imageIds.length * classes);
      const energies = new Float32Array(imageIds.length).fill(Number.NaN);
      const distances = new Float32Array(imageIds.length).fill(Number.NaN);
      const progressed = (done: number) => stage.progress(index * each + done, entries.length * each, name);
      stage.awaits('network');
      const asked = { run, model: name, known };
      const familiarPath = await learnFamiliarPictures(workspace, collection, asked, stage, progressed);
      const predict = await predictorOf(workspace, collection, run, { energies: true, familiarPath });
      stage.awaits('network');
      await predict(imageIds, (scored) => {
        probabilities.set(scored.probabilities, scored.first * classes);
        if (scored.energies) energies.set(scored.energies, scored.first);
        if (scored.distances) distances.set(scored.distances, scored.first);
        progressed(known.length + scored.first + scored.count);
      });
      if (truths) {
        const evaluation = severalEvaluationOf(probabilities, truths, classes);
        evaluations[name] = evaluation;
        metrics[`${name}Top1`] = evaluation.top1;
        if (evaluation.several) metrics[`${name}Map`] = evaluation.several.meanAveragePrecision;
        const shown = shownTruths(probabilities, truths, classes);
        predictions.push({ model: name, imageIds, trueOutputs: shown, probabilities, classes });
        continue;
      }
      const evaluation = evaluationOf(probabilities, trueOutputs, classes);
      const calibration = calibrationOf(probabilities, trueOutputs, classes);
      evaluations[name] = { ...evaluation, ...(calibration && { calibration }) };
      metrics[`${name}Top1`] = evaluation.top1;
      if (calibration) metrics[temperatureMetric(name)] = calibration.temperature;
      const leastEnergy = leastEnergyIn(energies);
      if (leastEnergy !== undefined) metrics[leastEnergyMetric(name)] = leastEnergy;
      const mostDistance = mostDistanceIn(distances);
      if (mostDistance !== undefined) metrics[mostDistanceMetric(name)] = mostDistance;
      const temperature = calibration?.temperature;
      predictions.push({ model: name, imageIds, trueOutputs, probabilities, classes, temperature });
    }
    stage.awaits('disk');
    await savePredictions(project, stage.runId, predictions);
    await saveEvaluations(project, stage.runId, evaluations);
    return metrics;
  };
  return await runStage(workspace, inputs, { work });
}
