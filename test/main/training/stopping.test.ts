/** A training that is asked to stop does so after the current step, and continues as if it had not been interrupted. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CPU } from '../../../main/engines/device.ts';
import { engineOf } from '../../../main/engines/engines.ts';
import { Interrupted } from '../../../main/failure.ts';
import { loadModel, saveModel } from '../../../main/models/checkpoint.ts';
import { referenceWeights } from '../../../main/models/reference-weights.ts';
import { batchesHere } from '../../../main/training/batch-source.ts';
import { train } from '../../../main/training/train.ts';
import type { TrainRequest } from '../../../main/training/train-request.ts';
import { smallTraining } from './small-training.ts';

/** Two steps per point of the curve, so that half of the stops fall between points. */
const STEPS = 400;

it('stops after any step, and ends bit for bit as undisturbed', async () => {
  const { request, folder } = await smallTraining();
  const long = { ...request, images: STEPS * request.batch };
  await trainOn(long, Number.POSITIVE_INFINITY);
  const stopped = { ...long, runDirectory: folder() };
  const stepsAtOnce = [1, 2, 3, 5, 101, 64];
  for (const steps of stepsAtOnce) await expect(trainOn(stopped, steps)).rejects.toThrow(Interrupted);
  expect(await trainOn(stopped, Number.POSITIVE_INFINITY)).toBe(
    STEPS - stepsAtOnce.reduce((sum, steps) => sum + steps),
  );
  for (const file of ['model.safetensors', 'metrics.jsonl']) {
    const [wanted, got] = [long, stopped].map(({ runDirectory }) => readFileSync(join(runDirectory, file)));
    expect(got?.equals(wanted ?? Buffer.of()), file).toBe(true);
  }
});

it('does so with AdamW on the last stage of brought weights, whose other tensors stay as they are', async () => {
  const { request, folder } = await smallTraining();
  const startFrom = join(folder(), 'brought.safetensors');
  const brought = { ...request.network, classes: 7 };
  const weights = referenceWeights(brought);
  await saveModel(startFrom, { network: brought, weights, classNames: [], imageSizePx: 16, provenance: {} });
  const tuned: TrainRequest = {
    ...request,
    ...{ startFrom, head: { rows: undefined }, images: 40 * request.batch },
    optimiser: { kind: 'adamw', firstDecay: 0.9, secondDecay: 0.999, epsilon: 1e-8, weightDecay: 0.05 },
    schedule: { kind: 'constant', peakRate: 1e-3 },
    tuning: { trainedStages: 1, headRateFactor: 10, rateDecay: 0.5, frozenStatistics: false },
  };
  await trainOn(tuned, Number.POSITIVE_INFINITY);
  const stopped = { ...tuned, runDirectory: folder() };
  for (const steps of [1, 2, 17]) await expect(trainOn(stopped, steps)).rejects.toThrow(Interrupted);
  await trainOn(stopped, Number.POSITIVE_INFINITY);
  const [whole, got] = [tuned, stopped].map(({ runDirectory }) =>
    readFileSync(join(runDirectory, 'model.safetensors')),
  );
  expect(got?.equals(whole ?? Buffer.of())).toBe(true);
  const after = (await loadModel(join(tuned.runDirectory, 'model.safetensors'))).weights;
  for (const [name, values] of after) {
    if (/^(?:layer3|fc)\./.test(name)) expect(values, name).not.toEqual(weights.get(name));
    else expect(values, name).toEqual(weights.get(name));
  }
});

it('reports a step between two points of the curve when a second has passed since the last report', async () => {
  const { request } = await smallTraining();
  let ms = 0;
  const told: { readonly step: number; readonly isPoint: boolean }[] = [];
  await train({ ...request, images: STEPS * request.batch }, engineOf(CPU), {
    shouldStop: () => false,
    progressed: ({ imagesProcessed, point }) => {
      const step = imagesProcessed / request.batch;
      told.push({ step, isPoint: point !== null });
      // The step after this point takes a second; the others take no time.
      if (step === 200) ms += 1000;
    },
    nowMs: () => ms,
    openBatches: batchesHere,
  });
  const points = told.filter(({ isPoint }) => isPoint);
  expect(points.map(({ step }) => step)).toEqual(Array.from({ length: STEPS / 2 }, (_, point) => 2 * point + 2));
  expect(told.filter(({ isPoint }) => !isPoint)).toEqual([{ step: 201, isPoint: false }]);
});

/** Asks to stop after this many steps; returns how many were done. */
async function trainOn(request: TrainRequest, stopAfter: number): Promise<number> {
  let steps = 0;
  await train(request, engineOf(CPU), {
    shouldStop: () => ++steps >= stopAfter,
    progressed: () => undefined,
    openBatches: batchesHere,
  });
  return steps;
}
