import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluationOf, pairedDifference } from '../../../main/pipeline/metrics.ts';
import { wilsonInterval } from '../../../main/wilson-interval.ts';

describe('an evaluation', () => {
  it('counts by hand', () => {
    const probabilities = Float32Array.of(0.7, 0.2, 0.1, 0.1, 0.6, 0.3, 0.4, 0.5, 0.1, 0.2, 0.3, 0.5);
    const evaluation = evaluationOf(probabilities, Int32Array.of(0, 1, 0, 2), 3);
    expect(evaluation.images).toBe(4);
    expect(evaluation.top1).toBe(0.75);
    expect(evaluation.top5).toBe(1);
    expect(evaluation.confusion).toEqual([
      [1, 1, 0],
      [0, 1, 0],
      [0, 0, 1],
    ]);
    expect(evaluation.classes[0]).toMatchObject({ images: 2, precision: 1, recall: 0.5 });
    expect(evaluation.classes[0]?.f1).toBeCloseTo(2 / 3, 12);
    expect(evaluation.classes[1]).toMatchObject({ images: 1, precision: 0.5, recall: 1 });
    // Fifteenths: 0.7 alone and right, 0.6 alone and right, 0.5 twice with one right.
    expect(evaluation.expectedCalibrationError).toBeCloseTo((0.3 + 0.4 + 0) / 4, 6);
  });

  it('counts the five best of more classes, and the first of equals as the better one', () => {
    const row = [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.4];
    const top5 = (label: number) => evaluationOf(Float32Array.from(row), Int32Array.of(label), 7).top5;
    expect([0, 1, 2, 3, 4, 5, 6].map(top5)).toEqual([1, 1, 1, 1, 0, 0, 1]);
  });

  it('finds nothing right in a model that gives no numbers', () => {
    const evaluation = evaluationOf(new Float32Array(8).fill(Number.NaN), Int32Array.of(0, 1, 0, 1), 2);
    expect(evaluation.top1).toBe(0);
    expect(evaluation.top5).toBe(0);
  });

  it('refuses sizes that do not fit', () => {
    expect(() => evaluationOf(new Float32Array(0), new Int32Array(0), 3)).toThrow(RangeError);
    expect(() => evaluationOf(new Float32Array(5), Int32Array.of(0, 1), 3)).toThrow(RangeError);
  });

  it('agrees with itself, whatever the probabilities', () => {
    const cases = fc.integer({ min: 2, max: 9 }).chain((classes) =>
      fc.record({
        classes: fc.constant(classes),
        rows: fc.array(
          fc.record({
            label: fc.integer({ min: 0, max: classes - 1 }),
            scores: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: classes, maxLength: classes }),
          }),
          { minLength: 1, maxLength: 40 },
        ),
      }),
    );
    fc.assert(
      fc.property(cases, ({ classes, rows }) => {
        const probabilities = Float32Array.from(rows.flatMap(({ scores }) => scores.map((score) => score / 9)));
        const labels = Int32Array.from(rows, ({ label }) => label);
        const evaluation = evaluationOf(probabilities, labels, classes);
        const trace = evaluation.confusion.reduce((sum, row, classId) => sum + (row[classId] ?? 0), 0);
        expect(trace / rows.length).toBe(evaluation.top1);
        expect(evaluation.confusion.flat().reduce((sum, count) => sum + count, 0)).toBe(rows.length);
        expect(evaluation.top5).toBeGreaterThanOrEqual(evaluation.top1);
        expect(JSON.parse(JSON.stringify(evaluation))).toEqual(evaluation);
      }),
    );
  });
});

describe('the Wilson interval', () => {
  it('has the published values', () => {
    // Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    const rounded = (hits: number, total: number) => wilsonInterval(hits, total).map((bound) => bound.toFixed(4));
    expect(rounded(81, 263)).toEqual(['0.2553', '0.3662']);
    expect(rounded(15, 148)).toEqual(['0.0624', '0.1605']);
    expect(rounded(0, 20)).toEqual(['0.0000', '0.1611']);
    expect(rounded(1, 29)).toEqual(['0.0061', '0.1718']);
  });

  it('says nothing of no images', () => {
    expect(wilsonInterval(0, 0)).toEqual([0, 1]);
  });
});

describe('the difference between two models', () => {
  const evaluated = (right: readonly boolean[]) =>
    evaluationOf(
      Float32Array.from(right.flatMap((isRight) => (isRight ? [0.9, 0.1] : [0.1, 0.9]))),
      new Int32Array(right.length),
      2,
    );
  const repeated = (counts: readonly [boolean, number][]) =>
    counts.flatMap(([value, count]) => Array.from({ length: count }, () => value));

  it('rests on the images on which they differ', () => {
    // 100 images: 60 right by both, 18 only by the first, 5 only by the second, 17 by neither.
    const first = evaluated(
      repeated([
        [true, 78],
        [false, 22],
      ]),
    );
    const second = evaluated(
      repeated([
        [true, 60],
        [false, 18],
        [true, 5],
        [false, 17],
      ]),
    );
    const paired = pairedDifference(first, second);
    expect(paired?.difference).toBeCloseTo(0.13, 12);
    // (19 − 6) / 102 ± 1.959964 · √((25/102 − (13/102)²) / 102)
    expect(paired?.interval[0]).toBeCloseTo(0.034613, 6);
    expect(paired?.interval[1]).toBeCloseTo(0.220289, 6);
  });

  it('is turned around when the models are', () => {
    const answers = fc.array(fc.tuple(fc.boolean(), fc.boolean()), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(answers, (pairs) => {
        const [a, b] = [evaluated(pairs.map(([x]) => x)), evaluated(pairs.map(([, y]) => y))];
        const [forth, back] = [pairedDifference(a, b), pairedDifference(b, a)];
        expect(forth?.difference).toBeCloseTo(a.top1 - b.top1, 12);
        expect(forth?.interval[0]).toBeCloseTo(-(back?.interval[1] ?? Number.NaN), 12);
        expect(forth?.interval[0]).toBeLessThanOrEqual(forth?.interval[1] ?? Number.NaN);
      }),
    );
  });

  it('is unknown when the right answers were not kept', () => {
    const evaluation = evaluated([true, false]);
    expect(pairedDifference({ ...evaluation, correct: '' }, evaluation)).toBeUndefined();
  });
});
