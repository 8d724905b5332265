/** A training that is asked to stop does so after the step it is in, and goes on as if nobody had asked. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CPU } from '../../../main/engines/device.ts';
import { engineOf } from '../../../main/engines/engines.ts';
import { Interrupted } from '../../../main/failure.ts';
import { batchesHere } from '../../../main/training/batch-source.ts';
import { train } from '../../../main/training/train.ts';
import type { TrainRequest } from '../../../main/training/train-request.ts';
import { smallTraining } from './small-training.ts';

/** Two steps a point of the curve, so that half of the stops fall between points. */
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

/** Asks to stop after so many steps; gives how many there were. */
async function trainOn(request: TrainRequest, stopAfter: number): Promise<number> {
  let steps = 0;
  await train(request, engineOf(CPU), {
    shouldStop: () => ++steps >= stopAfter,
    shouldFinish: () => false,
    progressed: () => undefined,
    openBatches: batchesHere,
  });
  return steps;
}
