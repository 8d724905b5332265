/**
 * A training evaluated on held-out images is the same training, and reports at each point what its model would predict.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { CPU } from '../../../main/engines/device.ts';
import { engineOf } from '../../../main/engines/engines.ts';
import { Interrupted } from '../../../main/failure.ts';
import { batchesHere } from '../../../main/training/batch-source.ts';
import { heldOutPlan } from '../../../main/training/held-out.ts';
import { predict } from '../../../main/training/predict.ts';
import { topClasses } from '../../../main/training/top-classes.ts';
import { train } from '../../../main/training/train.ts';
import type { TrainingPoint, TrainRequest } from '../../../main/training/train-request.ts';
import { IMAGES, smallTraining } from './small-training.ts';

/** Enough steps to afford several evaluations. */
const STEPS = 200;
const HELD_OUT = { imageIds: Int32Array.of(3, 5, 8, 13, 19), classIds: Int32Array.of(0, 2, 2, 1, 1) };

/** An uninterrupted training with evaluation, and its request for use in other folders. */
const { request, folder } = await smallTraining(afterAll);
const plain = { ...request, images: STEPS * request.batch };
const watched = { ...plain, heldOut: HELD_OUT, runDirectory: folder() };
beforeAll(async () => {
  await trainOn(watched);
});

it('leaves the same model, byte for byte, and the same curve beside what is said of held-out images', async () => {
  await trainOn(plain);
  const [alone, beside] = [plain, watched].map(({ runDirectory }) =>
    readFileSync(join(runDirectory, 'model.safetensors')),
  );
  expect(beside?.equals(alone ?? Buffer.of())).toBe(true);
  expect(curveOf(watched).map(({ heldOut: _, ...point }) => point)).toEqual(curveOf(plain));
  expect(curveOf(plain).every(({ heldOut }) => heldOut === undefined)).toBe(true);
});

it('says at the last point what the model that was kept says', async () => {
  const asked = curveOf(watched).flatMap(({ heldOut }) => (heldOut ? [heldOut] : []));
  expect(asked.length).toBeGreaterThan(3);
  const last = at(asked, asked.length - 1);
  expect(curveOf(watched).at(-1)?.heldOut).toEqual(last);
  const answers = new Map<number, number>();
  await predict(
    {
      target: watched.target,
      modelPath: join(watched.runDirectory, 'model.safetensors'),
      batch: 4,
      source: { kind: 'cache', ...watched.data, imageIds: HELD_OUT.imageIds },
    },
    await engineOf(CPU),
    {
      shouldStop: () => false,
      scored: (batch) =>
        topClasses(batch, 1).classIds.forEach((answer, place) => {
          answers.set(at(HELD_OUT.imageIds, batch.first + place), answer);
        }),
    },
  );
  expect(new Map(last.shown.map(([imageId, , answer]) => [imageId, answer]))).toEqual(answers);
  const truth = new Map(last.shown.map(([imageId, trueOutput]) => [imageId, trueOutput]));
  expect([...truth].sort(([a], [b]) => a - b)).toEqual(
    [...HELD_OUT.imageIds].map((id, place) => [id, HELD_OUT.classIds[place]]),
  );
  expect(last.correct).toBe([...answers].filter(([id, answer]) => truth.get(id) === answer).length);
  expect(last.images).toBe(HELD_OUT.imageIds.length);
});

it('is interrupted and goes on with the same curve, what is said of held-out images included', async () => {
  const stopped = { ...watched, runDirectory: folder() };
  for (const steps of [37, 60]) await expect(trainOn(stopped, steps)).rejects.toThrow(Interrupted);
  await trainOn(stopped);
  expect(curveOf(stopped)).toEqual(curveOf(watched));
});

describe('what asking costs', () => {
  const trained = [64, 2_000, 20_000, 300_000, 30_000_000];
  const held = [1, 40, 300, 50_000];

  it.each([8, 32, 256])('is below three hundredths of a training with batches of %i, counted in images', (batch) => {
    for (const images of trained) {
      for (const count of held) {
        const steps = Math.floor(images / batch);
        const points = Math.max(1, Math.ceil(steps / Math.min(50, Math.max(1, Math.round(steps / 200)))));
        const heldOut = { imageIds: new Int32Array(count), classIds: new Int32Array(count) };
        const plan = heldOutPlan({ ...request, batch, images, heldOut }, points);
        if (!plan) continue;
        const times = Math.ceil(points / plan.everyPoints);
        // A forward pass is a third of a step, and copying weights takes no longer than assumed.
        expect((times * plan.images) / 3, `${images} images, ${count} held out`).toBeLessThan(0.03 * images);
        expect(plan.images).toBeLessThanOrEqual(count);
      }
    }
  });

  it('is nothing where the training is too short, or nothing is held out', async () => {
    const { request } = await smallTraining(afterAll);
    const heldOut = { imageIds: new Int32Array(IMAGES), classIds: new Int32Array(IMAGES) };
    expect(heldOutPlan({ ...request, heldOut }, 6)).toBeUndefined();
    expect(heldOutPlan({ ...request, images: 1_000_000 }, 200)).toBeUndefined();
  });
});

function curveOf({ runDirectory }: TrainRequest): TrainingPoint[] {
  const text = readFileSync(join(runDirectory, 'metrics.jsonl'), 'utf8');
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as TrainingPoint]));
}

async function trainOn(request: TrainRequest, stopAfter = Number.POSITIVE_INFINITY): Promise<void> {
  let steps = 0;
  await train(request, await engineOf(CPU), {
    shouldStop: () => ++steps >= stopAfter,
    progressed: () => undefined,
    openBatches: batchesHere,
  });
}
