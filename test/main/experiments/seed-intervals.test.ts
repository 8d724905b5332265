/** The statistics of several seeds, against tables and against simulations with known truth. */
import { describe, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { accuracyOver, answersOf, differenceOver } from '../../../main/experiments/seed-intervals.ts';
import { tQuantile } from '../../../main/experiments/student-t.ts';
import { evaluationOf, pairedDifference } from '../../../main/pipeline/metrics.ts';
import { CounterRandom } from '../../../main/random.ts';

describe('t quantiles', () => {
  it.each([
    [0.95, 1, 12.7062],
    [0.95, 2, 4.30265],
    [0.99, 3, 5.84091],
    [0.95, 10, 2.22814],
    [0.9, 30, 1.69726],
    [0.95, 1e6, 1.96],
  ])('with %d and %d degrees of freedom are those of the tables', (confidence, freedom, known) => {
    expect(Math.abs(tQuantile(confidence, freedom) / known - 1)).toBeLessThan(2e-3);
  });

  it('lie between those of the neighbouring whole numbers', () => {
    expect(tQuantile(0.95, 2.5)).toBeLessThan(tQuantile(0.95, 2));
    expect(tQuantile(0.95, 2.5)).toBeGreaterThan(tQuantile(0.95, 3));
  });
});

/** Correct answers of `seeds` trainings: an image has a difficulty, a seed a skill, and the rest is chance. */
function drawn(place: number, rate: number, { seeds, images }: { seeds: number; images: number }): Uint8Array[] {
  const random = new CounterRandom(7, place);
  const difficulty = Float64Array.from({ length: images }, () => 0.5 * (random.uniform() - 0.5));
  return Array.from({ length: seeds }, () => {
    const skill = 0.1 * (random.uniform() - 0.5);
    return Uint8Array.from(difficulty, (of) => Number(random.uniform() < rate + of + skill));
  });
}

describe('the interval over seeds', () => {
  it.each([2, 3, 5])('of %d seeds contains the truth about as often as it claims, or more', (seeds) => {
    let held = { accuracy: 0, difference: 0 };
    const repeats = 200;
    for (let repeat = 0; repeat < repeats; repeat++) {
      const size = { seeds, images: 150 };
      const ours = drawn(2 * repeat, 0.62, size);
      const theirs = drawn(2 * repeat + 1, 0.55, size);
      const inside = (truth: number, [low, high]: readonly [number, number]) => Number(low <= truth && truth <= high);
      held = {
        accuracy: held.accuracy + inside(0.62, accuracyOver(ours, 0.95).interval),
        difference: held.difference + inside(0.07, differenceOver(ours, theirs, 0.95).interval),
      };
    }
    // Of 200 simulations at 95 %, at least 181 with near certainty.
    expect(held.accuracy).toBeGreaterThan(180);
    expect(held.difference).toBeGreaterThan(180);
    // And the interval must not always contain the truth.
    expect(accuracyOver(drawn(1, 0.62, { seeds, images: 150 }), 0.95).interval[1]).toBeLessThan(0.95);
  });

  it('of one seed covers the images alone, as when two models of one run are compared', () => {
    const images = 200;
    const labels = new Int32Array(images);
    const random = new CounterRandom(3);
    const evaluated = (rate: number) => {
      const right = Array.from({ length: images }, () => random.uniform() < rate);
      return evaluationOf(Float32Array.from(right.flatMap((hit) => (hit ? [1, 0] : [0, 1]))), labels, 2);
    };
    const [ours, theirs] = [evaluated(0.7), evaluated(0.6)];
    const known = pairedDifference(ours, theirs);
    const found = differenceOver([answersOf(ours)], [answersOf(theirs)], 0.95);
    expect(found.mean).toBeCloseTo(known?.difference ?? Number.NaN, 12);
    // t instead of the normal distribution, and an unbiased variance: two percent of its width.
    expect(Math.abs(found.interval[0] - (known?.interval[0] ?? Number.NaN))).toBeLessThan(0.005);
    expect(Math.abs(found.interval[1] - (known?.interval[1] ?? Number.NaN))).toBeLessThan(0.005);
  });

  it('grows with the differences between seeds', () => {
    const alike = [0, 1, 2].map((seed) =>
      Uint8Array.from({ length: 300 }, (_, image) => Number((image + seed) % 3 > 0)),
    );
    const apart = [90, 200, 270].map((right) => Uint8Array.from({ length: 300 }, (_, image) => Number(image < right)));
    const width = ([low, high]: readonly [number, number]) => high - low;
    expect(width(accuracyOver(apart, 0.95).interval)).toBeGreaterThan(3 * width(accuracyOver(alike, 0.95).interval));
    expect(accuracyOver(apart, 0.95).perSeed).toEqual([0.3, 2 / 3, 0.9]);
  });

  it('of two models with equal answers is not empty, and of different images is refused', () => {
    const same = [Uint8Array.of(1, 0, 1, 1)];
    const { mean, interval } = differenceOver(same, same, 0.95);
    expect(mean).toBe(0);
    expect(interval[0]).toBeLessThan(-0.2);
    expect(() => differenceOver(same, [Uint8Array.of(1, 0)], 0.95)).toThrow(RangeError);
    expect(() => differenceOver(same, [], 0.95)).toThrow(RangeError);
  });
});

it('right answers are read as they were kept', () => {
  const right = Array.from({ length: 19 }, (_, image) => Number(image % 3 === 0));
  const probabilities = Float32Array.from(right.flatMap((hit) => [hit, 1 - hit]));
  const evaluation = evaluationOf(probabilities, new Int32Array(19), 2);
  const answers = answersOf(evaluation);
  expect([...answers]).toEqual(right);
  expect(at(answers, 18)).toBe(1);
  expect(() => answersOf({ ...evaluation, correct: '' })).toThrow(RangeError);
});
