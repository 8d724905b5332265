import { expect, test } from 'vitest';
import { at } from '../../../main/at.ts';
import { CPU } from '../../../main/engines/device.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import type { LinearFeatureHead } from '../../../main/models/feature-head.ts';
import { CounterRandom } from '../../../main/random.ts';
import { familiarImages, openFamiliarity } from '../../../main/training/familiar.ts';

const target = { device: CPU, threads: 1 };
const [CLASSES, DIMENSION] = [3, 16];
const random = new CounterRandom(8, 1);
const drawn = (count: number) => Array.from({ length: count }, () => random.normal());
const centres = Array.from({ length: CLASSES }, () => drawn(DIMENSION).map((value) => 4 * value));

/** Clusters around the centres of the classes. */
function images(count: number) {
  const labels = Int32Array.from({ length: count }, (_, place) => place % CLASSES);
  const features = [...labels].flatMap((label) =>
    drawn(DIMENSION).map((value, place) => value + at(at(centres, label), place)),
  );
  return { features: Float32Array.from(features), dimension: DIMENSION, labels };
}

async function unlike(labelled: number, asked: Float32Array): Promise<number> {
  const familiar = await familiarImages(images(labelled), 1, onnxRuntimeEngine, target);
  expect(familiar?.known.length).toBe(Math.min(labelled, 1000) * DIMENSION);
  const [weight, bias] = [new Float32Array(CLASSES * DIMENSION), new Float32Array(CLASSES)];
  const described = { classNames: ['a', 'b', 'c'], dimension: DIMENSION, extractor: 'eyes-000000000000' };
  const head: LinearFeatureHead = { kind: 'linear', weight, bias, familiar, ...described };
  const familiarity = await openFamiliarity(head, 64, onnxRuntimeEngine, target);
  const found = await familiarity?.unlike(asked);
  await familiarity?.close();
  return (found?.length ?? Number.NaN) / (asked.length / DIMENSION);
}

test.each([60, 2500])(
  'of %i labelled images: others of their classes are like them, those of no class are not',
  async (labelled) => {
    expect(await unlike(labelled, images(600).features)).toBeLessThan(0.06);
    expect(await unlike(labelled, Float32Array.from(drawn(600 * DIMENSION)))).toBeGreaterThan(0.9);
  },
);

test('every class is among those that are kept, however rare', async () => {
  const { features, dimension, labels } = images(2000);
  const rare = labels.map((_, place) => (place === 1234 ? 1 : 0));
  const familiar = await familiarImages({ features, dimension, labels: rare }, 1, onnxRuntimeEngine, target);
  const own = features.subarray(1234 * dimension, 1235 * dimension);
  const length = Math.hypot(...own);
  const cosines = Array.from({ length: 1000 }, (_, row) =>
    own.reduce((sum, value, place) => sum + (value / length) * at(familiar?.known ?? [], row * dimension + place), 0),
  );
  expect(Math.max(...cosines)).toBeCloseTo(1, 5);
});

test('of a handful of images nothing is said', async () => {
  expect(await familiarImages(images(6), 1, onnxRuntimeEngine, target)).toBeUndefined();
});
