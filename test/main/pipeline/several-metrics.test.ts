/** Average precision, thresholds and their evaluation compared with direct implementations of their definitions. */
import { expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { averagePrecision, bestThreshold, rankedBy } from '../../../main/pipeline/average-precision.ts';
import {
  averagePrecisionDifference,
  severalEvaluationOf,
  shownTruths,
} from '../../../main/pipeline/several-metrics.ts';
import { CounterRandom } from '../../../main/random.ts';
import type { SoftTargets } from '../../../main/training/soft-targets.ts';

const bits = (...values: readonly number[]) => Uint8Array.from(values);

it('computes average precision by hand', () => {
  // Right at ranks 1, 3 and 4: (1/1 + 2/3 + 3/4) / 3.
  const ranked = rankedBy([0.9, 0.8, 0.7, 0.6, 0.5]);
  expect(averagePrecision(ranked, bits(1, 0, 1, 1, 0))).toBeCloseTo((1 + 2 / 3 + 3 / 4) / 3, 12);
  expect(averagePrecision(ranked, bits(0, 0, 0, 0, 0))).toBeNaN();
  expect(averagePrecision(ranked, bits(0, 0, 0, 0, 1))).toBeCloseTo(1 / 5, 12);
});

it('takes images of equal score together, and ranks last what is not a number', () => {
  expect(averagePrecision(rankedBy([0.5, 0.5, 0.5, 0.5]), bits(1, 0, 0, 1))).toBeCloseTo(1 / 2, 12);
  expect(averagePrecision(rankedBy([Number.NaN, 0.1, 0.2]), bits(1, 0, 0))).toBeCloseTo(1 / 3, 12);
});

/** By the definition: precision and recall at each distinct score. */
function naiveAveragePrecision(scores: readonly number[], isOfClass: readonly number[], weights: readonly number[]) {
  const positives = isOfClass.reduce((sum, is, image) => sum + is * at(weights, image), 0);
  if (positives === 0) return Number.NaN;
  let [sum, before] = [0, 0];
  for (const threshold of [...new Set(scores)].sort((a, b) => b - a)) {
    let [said, hits] = [0, 0];
    scores.forEach((score, image) => {
      if (score < threshold) return;
      said += at(weights, image);
      hits += at(weights, image) * at(isOfClass, image);
    });
    const recall = hits / positives;
    if (said > 0) sum += (recall - before) * (hits / said);
    before = recall;
  }
  return sum;
}

function naiveF1(scores: readonly number[], isOfClass: readonly number[], threshold: number): number {
  const said = scores.map((score) => Number(score >= threshold));
  const hits = said.reduce((sum, says, image) => sum + says * at(isOfClass, image), 0);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  return (2 * hits) / Math.max(1, sum(said) + sum(isOfClass));
}

it('agrees with the definitions on random rankings with ties and weights', () => {
  for (let draw = 0; draw < 200; draw++) {
    const random = new CounterRandom(7, draw);
    const images = 2 + Math.floor(30 * random.uniform());
    const scores = Array.from({ length: images }, () => Math.round(20 * random.uniform()) / 20);
    const isOfClass = scores.map(() => Number(random.uniform() < 0.4));
    const weights = scores.map(() => Math.floor(3 * random.uniform()));
    const ranked = rankedBy(scores);
    const own = averagePrecision(ranked, Uint8Array.from(isOfClass), weights);
    const naive = naiveAveragePrecision(scores, isOfClass, weights);
    if (Number.isNaN(naive)) expect(own).toBeNaN();
    else expect(own).toBeCloseTo(naive, 10);
    if (!isOfClass.includes(1)) continue;
    const chosen = naiveF1(scores, isOfClass, bestThreshold(ranked, Uint8Array.from(isOfClass)));
    const most = Math.max(...scores.map((threshold) => naiveF1(scores, isOfClass, threshold)));
    expect(chosen).toBeCloseTo(most, 10);
  }
});

/** Scores of six classes that are correlated with the image's true classes. */
function drawn(images: number, classes: number, noise: number): { probabilities: Float32Array; targets: SoftTargets } {
  const targets = {
    width: classes,
    outputs: new Int32Array(images * classes).fill(-1),
    shares: new Float32Array(images * classes),
  };
  const probabilities = new Float32Array(images * classes);
  for (let image = 0; image < images; image++) {
    const random = new CounterRandom(3, image);
    const own = Array.from({ length: classes }, (_, output) => output).filter(() => random.uniform() < 0.3);
    if (own.length === 0) own.push(image % classes);
    targets.outputs.set(own, image * classes);
    targets.shares.fill(1, image * classes, image * classes + own.length);
    const blurred = new CounterRandom(4, image);
    for (let output = 0; output < classes; output++) {
      probabilities[image * classes + output] =
        (Number(own.includes(output)) * (1 - noise) + noise * blurred.uniform()) * 0.9 + 0.05;
    }
  }
  return { probabilities, targets };
}

it('says the mean over classes with an interval around it, and judges a half by what the other chose', () => {
  const [images, classes] = [120, 6];
  const { probabilities, targets } = drawn(images, classes, 0.8);
  const evaluation = severalEvaluationOf(probabilities, targets, classes);
  const several = evaluation.several;
  if (!several) throw new Error('it says nothing of several classes');
  const columns = Array.from({ length: classes }, (_, output) => ({
    scores: Array.from({ length: images }, (_own, image) => at(probabilities, image * classes + output)),
    isOfClass: Array.from({ length: images }, (_own, image) =>
      Number(targets.outputs.subarray(image * classes, (image + 1) * classes).includes(output)),
    ),
  }));
  const ones = new Array<number>(images).fill(1);
  const naive = columns.map(({ scores, isOfClass }) => naiveAveragePrecision(scores, isOfClass, ones));
  for (const [output, value] of naive.entries()) {
    expect(at(several.classes, output).averagePrecision).toBeCloseTo(value, 8);
  }
  const mean = naive.reduce((sum, value) => sum + value, 0) / classes;
  expect(several.meanAveragePrecision).toBeCloseTo(mean, 8);
  expect(several.interval[0]).toBeLessThan(mean);
  expect(several.interval[1]).toBeGreaterThan(mean);
  expect(several.interval[1] - several.interval[0]).toBeLessThan(0.3);
  for (const [output, { scores, isOfClass }] of columns.entries()) {
    let [hits, said] = [0, 0];
    for (const half of [0, 1]) {
      const others = scores.map((score, image) => (image % 2 === half ? -1 : score));
      const truths = isOfClass.map((is, image) => (image % 2 === half ? 0 : is));
      const threshold = bestThreshold(rankedBy(others), Uint8Array.from(truths));
      scores.forEach((score, image) => {
        if (image % 2 !== half || score < threshold) return;
        said++;
        hits += at(isOfClass, image);
      });
    }
    const positives = isOfClass.reduce((sum, is) => sum + is, 0);
    const own = at(evaluation.classes, output);
    expect(own.images).toBe(positives);
    expect(own.f1).toBeCloseTo((2 * hits) / (said + positives), 10);
    expect(own.recall).toBeCloseTo(hits / positives, 10);
  }
  expect(evaluation.confusion).toEqual([]);
});

it('pairs two models by the same draws, and knows what is right and what is chance', () => {
  const [images, classes] = [200, 5];
  const evaluations = [0.5, 0.9, 1].map((noise) => {
    const { probabilities, targets } = drawn(images, classes, noise);
    return severalEvaluationOf(probabilities, targets, classes);
  });
  const [sharp, blurred, blind] = [at(evaluations, 0), at(evaluations, 1), at(evaluations, 2)];
  expect(sharp.several?.meanAveragePrecision).toBeGreaterThan(0.95);
  expect(blind.several?.meanAveragePrecision).toBeLessThan(0.5);
  const gain = averagePrecisionDifference(sharp, blurred);
  expect(gain?.interval[0]).toBeGreaterThan(0);
  expect(averagePrecisionDifference(sharp, sharp)).toEqual({ difference: 0, interval: [0, 0] });
});

it('holds a prediction against the class that was predicted, where the image is of it', () => {
  const targets = { width: 2, outputs: Int32Array.of(0, 2, 1, -1), shares: Float32Array.of(1, 1, 1, 0) };
  const probabilities = Float32Array.of(0.1, 0.2, 0.9, 0.8, 0.3, 0.4);
  expect([...shownTruths(probabilities, targets, 3)]).toEqual([2, 1]);
  const evaluation = severalEvaluationOf(probabilities, targets, 3);
  expect(evaluation.top1).toBe(0.5);
});
