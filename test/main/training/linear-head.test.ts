import { expect, test } from 'vitest';
import { at } from '../../../main/at.ts';
import { CPU } from '../../../main/engines/device.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import type { Layer } from '../../../main/models/feature-head.ts';
import { CounterRandom } from '../../../main/random.ts';
import { minimise } from '../../../main/training/lbfgs.ts';
import { trainLinearHead } from '../../../main/training/linear-head.ts';
import { type LabelledFeatures, SoftmaxRegression } from '../../../main/training/softmax-regression.ts';

const target = { device: CPU, threads: 1 };

/** With a copy of the features, since training modifies them. */
async function trained(data: LabelledFeatures, balanced = true) {
  const own = { ...data, features: data.features.slice() };
  return await trainLinearHead(own, onnxRuntimeEngine, target, { seed: 1, balanced });
}

/** Clusters around one centre per class, in features of very different scales, one of which never varies. */
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

test('separates classes whose features differ in scale, and predicts its accuracy on images left out', async () => {
  const { features, ...rest } = clouds([40, 40, 40], 0.5);
  const head = await trained({ features, ...rest });
  expect(accuracy(head, { features, ...rest })).toBe(1);
  expect(head.validated?.top1).toBeGreaterThan(0.95);
  expect(head.validated?.images).toBe(120);
});

test('is at the minimum of its loss: no small change of a weight lowers it', async () => {
  const data = clouds([9, 14, 7], 1.5, 4);
  const head = await trained(data);
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
  const balanced = await trained(data);
  const plain = await trained(data, false);
  expect(recall(balanced, data, 1)).toBeGreaterThan(recall(plain, data, 1));
});

test('with many images it validates on others than it learns from, still reaches the minimum, and predicts its accuracy', async () => {
  const data = clouds([4100, 4203], 1.5, 3);
  const head = await trained(data);
  expect(head.validated?.images).toBe(4000);
  expect(Math.abs((head.validated?.top1 ?? 0) - accuracy(head, data))).toBeLessThan(0.03);
  const least = penalisedLoss(head, data, head.penalty);
  for (const place of head.weight.keys()) {
    const weight = head.weight.slice();
    weight[place] = at(weight, place) * 1.1;
    expect(penalisedLoss({ ...head, weight }, data, head.penalty)).toBeGreaterThan(least - 1e-6);
  }
});

test('rows that are handed over in parts count once each', async () => {
  const data = clouds([60, 40], 1.5, 3);
  const weights = Float64Array.from(data.labels, (_, row) => 1 + (row % 3));
  const x = Float64Array.from({ length: 8 }, (_, place) => Math.sin(place) / 10);
  const fit = await SoftmaxRegression.open(data, onnxRuntimeEngine, target, 40);
  const { loss, right } = await fit.measure(x, weights);
  await fit.close();
  let [wantedLoss, wantedRight] = [0, 0];
  const head = { weight: Float32Array.from(x.subarray(0, -2)), bias: Float32Array.from(x.subarray(-2)) };
  data.labels.forEach((label, row) => {
    const logits = logitsOf(head, data, row);
    wantedLoss += at(weights, row) * Math.log(1 + Math.exp(at(logits, 1 - label) - at(logits, label)));
    wantedRight += Number(at(logits, label) > at(logits, 1 - label));
  });
  expect(right).toBe(wantedRight);
  expect(loss / wantedLoss).toBeCloseTo(1, 5);
});

test('a hidden layer tells apart what no line does, at a minimum', async () => {
  const random = new CounterRandom(6, 1);
  const labels = Int32Array.from({ length: 240 }, (_, row) => row % 2);
  // One class is where both are high or both low, the other where only one is.
  const rows = [...labels].flatMap((label, row) => {
    const side = row % 4 < 2 ? 1 : -1;
    return [100 * (side + 0.2 * random.normal()), (label === 0 ? side : -side) + 0.2 * random.normal()];
  });
  const data = { features: Float32Array.from(rows), dimension: 2, labels, classes: 2 };
  expect(accuracy(await trained(data), data)).toBeLessThan(0.7);
  const head = await trained({ ...data, hidden: 8 });
  expect(head.validated?.top1).toBeGreaterThan(0.97);
  const units = (row: number) =>
    logitsOf(head.hidden ?? head, { ...data, classes: 8 }, row).map((value) => Math.max(0, value));
  const right = [...labels.keys()].filter((row) => {
    const [a = 0, b = 0] = logitsOf(head, { ...data, features: Float32Array.from(units(row)), dimension: 8 }, 0);
    return Number(b > a) === labels[row];
  });
  expect(right.length / labels.length).toBeGreaterThan(0.97);
});

test('the same labels give the same classifier, to the bit', async () => {
  const data = clouds([20, 20], 1);
  const [first, second] = [await trained(data), await trained(data)];
  expect(second).toEqual(first);
});

test('a class with a single image is learnt, and nothing is claimed of it', async () => {
  const data = clouds([5, 1], 0.2);
  const head = await trained(data);
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

function logitsOf({ weight, bias }: Layer, { features, dimension, classes }: LabelledFeatures, row: number) {
  return Array.from({ length: classes }, (_, classId) => {
    let sum = at(bias, classId);
    for (let feature = 0; feature < dimension; feature++) {
      sum += at(weight, classId * dimension + feature) * at(features, row * dimension + feature);
    }
    return sum;
  });
}

function answers(head: Layer, data: LabelledFeatures): number[] {
  return [...data.labels.keys()].map((row) => {
    const logits = logitsOf(head, data, row);
    return logits.indexOf(Math.max(...logits));
  });
}

function accuracy(head: Layer, data: LabelledFeatures): number {
  return answers(head, data).filter((answer, row) => answer === data.labels[row]).length / data.labels.length;
}

function recall(head: Layer, data: LabelledFeatures, label: number): number {
  const own = answers(head, data).filter((_, row) => data.labels[row] === label);
  return own.filter((answer) => answer === label).length / own.length;
}

/** In float64, with classes weighted equally, and the penalty on the weights of standardised features. */
function penalisedLoss(head: Layer, data: LabelledFeatures, penalty: number): number {
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
