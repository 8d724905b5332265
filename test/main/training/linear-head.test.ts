import { expect, test } from 'vitest';
import { at } from '../../../main/at.ts';
import { CPU } from '../../../main/engines/device.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { CounterRandom } from '../../../main/random.ts';
import { minimise } from '../../../main/training/lbfgs.ts';
import { type LinearHead, trainLinearHead } from '../../../main/training/linear-head.ts';
import type { LabelledFeatures } from '../../../main/training/softmax-regression.ts';

const target = { device: CPU, threads: 1 };
const options = { seed: 1, balanced: true };

/** Clouds around one centre a class, in features of very different scales, one of which never varies. */
function clouds(counts: readonly number[], spread: number, dimension = 12): LabelledFeatures {
  const random = new CounterRandom(5, 1);
  const centres = counts.map(() => Array.from({ length: dimension }, () => random.normal()));
  const labels = Int32Array.from(counts.flatMap((count, label) => Array<number>(count).fill(label)));
  const features = Float32Array.from(
    [...labels].flatMap((label) =>
      at(centres, label).map((centre, feature) =>
        feature === 0 ? 7 : 10 ** (feature % 4) * (centre + spread * random.normal()),
      ),
    ),
  );
  return { features, dimension, labels, classes: counts.length };
}

test('tells classes apart whose features differ in scale, and expects what it gets on images left out', async () => {
  const { features, ...rest } = clouds([40, 40, 40], 0.5);
  const head = await trainLinearHead({ features, ...rest }, onnxRuntimeEngine, target, options);
  expect(accuracy(head, { features, ...rest })).toBe(1);
  expect(head.validated?.top1).toBeGreaterThan(0.95);
  expect(head.validated?.images).toBe(120);
});

test('is at the minimum of its loss: no small change of a weight lowers it', async () => {
  const data = clouds([9, 14, 7], 1.5, 4);
  const head = await trainLinearHead(data, onnxRuntimeEngine, target, options);
  const least = penalisedLoss(head, data, head.penalty);
  for (const place of head.weight.keys()) {
    for (const change of [0.05, -0.05]) {
      const weight = head.weight.slice();
      weight[place] = at(weight, place) + change * Math.max(0.1, Math.abs(at(weight, place)));
      expect(penalisedLoss({ ...head, weight }, data, head.penalty)).toBeGreaterThan(least - 1e-6);
    }
  }
});

test('balanced classes count alike, so that a rare class is found where classes overlap', async () => {
  const data = clouds([200, 8], 2.5, 3);
  const balanced = await trainLinearHead(data, onnxRuntimeEngine, target, options);
  const plain = await trainLinearHead(data, onnxRuntimeEngine, target, { ...options, balanced: false });
  expect(recall(balanced, data, 1)).toBeGreaterThan(recall(plain, data, 1));
});

test('the same labels give the same classifier, to the bit', async () => {
  const data = clouds([20, 20], 1);
  const [first, second] = [
    await trainLinearHead(data, onnxRuntimeEngine, target, options),
    await trainLinearHead(data, onnxRuntimeEngine, target, options),
  ];
  expect(second).toEqual(first);
});

test('a class with a single image is learnt, and nothing is claimed of it', async () => {
  const data = clouds([5, 1], 0.2);
  const head = await trainLinearHead(data, onnxRuntimeEngine, target, options);
  expect(head.validated).toBeUndefined();
  expect(accuracy(head, data)).toBe(1);
});

test("finds the minimum of Rosenbrock's valley", async () => {
  const valley = async ([x, y]: Float64Array) => {
    const [a, b] = [Number(x), Number(y)];
    const gradient = Float64Array.of(-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a));
    return { value: (1 - a) ** 2 + 100 * (b - a * a) ** 2, gradient };
  };
  const limits = { mostSteps: 200, gradientTolerance: 1e-8, valueTolerance: 0 };
  const { x } = await minimise(valley, Float64Array.of(-1.2, 1), limits);
  expect(x[0]).toBeCloseTo(1, 6);
  expect(x[1]).toBeCloseTo(1, 6);
});

function logitsOf({ weight, bias }: LinearHead, { features, dimension, classes }: LabelledFeatures, row: number) {
  return Array.from({ length: classes }, (_, classId) => {
    let sum = at(bias, classId);
    for (let feature = 0; feature < dimension; feature++) {
      sum += at(weight, classId * dimension + feature) * at(features, row * dimension + feature);
    }
    return sum;
  });
}

function answers(head: LinearHead, data: LabelledFeatures): number[] {
  return [...data.labels.keys()].map((row) => {
    const logits = logitsOf(head, data, row);
    return logits.indexOf(Math.max(...logits));
  });
}

function accuracy(head: LinearHead, data: LabelledFeatures): number {
  return answers(head, data).filter((answer, row) => answer === data.labels[row]).length / data.labels.length;
}

function recall(head: LinearHead, data: LabelledFeatures, label: number): number {
  const own = answers(head, data).filter((_, row) => data.labels[row] === label);
  return own.filter((answer) => answer === label).length / own.length;
}

/** In float64, with every class counting alike, and the penalty on the weights of standardised features. */
function penalisedLoss(head: LinearHead, data: LabelledFeatures, penalty: number): number {
  const { labels, classes, dimension, features } = data;
  const counts = Array.from({ length: classes }, (_, classId) => labels.filter((label) => label === classId).length);
  let loss = 0;
  labels.forEach((label, row) => {
    const logits = logitsOf(head, data, row);
    const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    loss += (total - at(logits, label)) / (classes * at(counts, label));
  });
  for (let feature = 0; feature < dimension; feature++) {
    const column = [...labels.keys()].map((row) => at(features, row * dimension + feature));
    const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
    const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length;
    for (let classId = 0; classId < classes; classId++) {
      loss += 0.5 * penalty * at(head.weight, classId * dimension + feature) ** 2 * variance;
    }
  }
  return loss;
}
