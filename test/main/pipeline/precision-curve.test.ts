/** Floors and curves from answers that are known to be right or wrong. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import {
  type Answers,
  classFloors,
  floorsFor,
  KByCurve,
  LEAST_ANSWERS,
  leastScoreOf,
  precisionCurve,
} from '../../../main/pipeline/precision-curve.ts';

type Row = readonly [classId: number, score: number, right: number];

const answers = (rows: readonly Row[]): Answers => ({
  classIds: Int32Array.from(rows, ([classId]) => classId),
  scores: Float32Array.from(rows, ([, score]) => score),
  right: Int32Array.from(rows, ([, , right]) => right),
});
const NONE = answers([]);
const row = fc.tuple(fc.constant(0), fc.integer({ min: 1, max: 8 }), fc.constantFrom(0, 1));

describe('a class’s floor', () => {
  it('is the least score down to which enough are right, whatever is answered', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 1 }), fc.constantFrom(0.5, 0.8, 1), (rows, wanted) => {
        const own = rows.map(([, score, right]) => ({ score, right }));
        const least = leastScoreOf(own, wanted);
        const share = (floor: number) => {
          const above = own.filter(({ score }) => score >= floor);
          return above.reduce((sum, { right }) => sum + right, 0) / above.length;
        };
        const good = [...new Set(own.map(({ score }) => score))].filter((score) => share(score) >= wanted);
        const all = Math.min(...own.map(({ score }) => score));
        const naive = good.length === 0 ? Number.POSITIVE_INFINITY : Math.min(...good);
        expect(least).toBe(naive === all ? Number.NEGATIVE_INFINITY : naive);
      }),
    );
  });

  it('goes by spot-checks, by held-out images where too few were checked, and is none where both are too few', () => {
    const many = (classId: number, right: (place: number) => number, count = LEAST_ANSWERS): Row[] =>
      Array.from({ length: count }, (_, place) => [classId, 1 - place / 100, right(place)]);
    const spotChecks = answers([...many(0, (place) => Number(place < 4)), ...many(1, () => 0, LEAST_ANSWERS - 1)]);
    const heldOut = answers([...many(0, () => 1), ...many(1, () => 1), ...many(2, () => 1, 3)]);
    const floors = classFloors([0, 1, 2], 0.75, { spotChecks, heldOut });
    expect([...floors.keys()]).toEqual([0, 1]);
    // Four of five are right down to the fifth score, four of six are too few.
    expect(floors.get(0)).toEqual({ by: 'spotChecks', leastScore: at(spotChecks.scores, 4) });
    expect(floors.get(1)).toEqual({ by: 'heldOut', leastScore: Number.NEGATIVE_INFINITY });
    expect(floorsFor(floors, 40)).toMatchObject({ atLeast: 4 });
    expect(floorsFor(floors, 3)).toMatchObject({ atLeast: 1 });
  });
});

describe('the precision curve', () => {
  it('never rises, has the mean of the answers, and lies nearest to them of all falling ones', () => {
    fc.assert(
      fc.property(fc.array(row, { minLength: 20, maxLength: 60 }), (rows) => {
        const curve = precisionCurve({ spotChecks: NONE, heldOut: answers(rows) });
        const blocks = curve?.blocks ?? [];
        const precisions = blocks.map(({ precision }) => precision);
        expect(precisions).toEqual(precisions.toSorted((a, b) => b - a));
        const said = (score: number) =>
          (blocks.find(({ leastScore }) => score >= leastScore) ?? at(blocks, blocks.length - 1)).precision;
        const right = rows.reduce((sum, one) => sum + one[2], 0);
        expect(rows.reduce((sum, one) => sum + said(one[1]), 0)).toBeCloseTo(right, 9);
        // The max-min formula: the value at a score is the minimum, over all starts above it, of the maximum, over all
        // ends below it, of the mean.
        const scores = [...new Set(rows.map(([, score]) => score))].sort((a, b) => b - a);
        const mean = (from: number, to: number) => {
          const own = rows.filter(([, score]) => score <= at(scores, from) && score >= at(scores, to));
          return own.reduce((sum, one) => sum + one[2], 0) / own.length;
        };
        for (const [place, score] of scores.entries()) {
          const most = (from: number) => Math.max(...scores.map((_, to) => (to < place ? 0 : mean(from, to))));
          const wanted = Math.min(...scores.slice(0, place + 1).map((_, from) => most(from)));
          expect(said(score)).toBeCloseTo(wanted, 9);
        }
      }),
    );
  });

  it('is none of fewer than twenty answers, and of spot-checks where there are as many', () => {
    const rows = Array.from({ length: 20 }, (_, place): Row => [0, place, 1]);
    expect(precisionCurve({ spotChecks: answers(rows.slice(1)), heldOut: answers(rows.slice(1)) })).toBeUndefined();
    expect(precisionCurve({ spotChecks: answers(rows), heldOut: answers(rows) })?.by).toBe('spotChecks');
    expect(precisionCurve({ spotChecks: NONE, heldOut: answers(rows) })?.by).toBe('heldOut');
  });

  it('ends K where one more image a class is wrong more often than right', () => {
    // Right at 0.9 and above, wrong below.
    const rows = Array.from({ length: 30 }, (_, place): Row => [0, 1 - place / 100, Number(place <= 10)]);
    const curve = precisionCurve({ spotChecks: NONE, heldOut: answers(rows) });
    if (!curve) throw new Error('thirty answers give a curve');
    const k = (most: number, ...scores: number[][]) => {
      const ranks = new KByCurve(curve, most);
      for (const own of scores) ranks.add(Float32Array.from(own));
      return ranks.k;
    };
    expect(k(9, [0.99, 0.97, 0.95, 0.5, 0.4])).toBe(3);
    expect(k(2, [0.99, 0.97, 0.95, 0.5])).toBe(2);
    // Averaged over the classes that have that many: one of two is right at the fourth, none at the fifth.
    expect(k(9, [0.99, 0.97, 0.95, 0.5, 0.4], [0.99, 0.98, 0.97, 0.96])).toBe(4);
    expect(k(9, [0.3, 0.2])).toBe(1);
    expect(k(9, [0.99, 0.98])).toBe(9);
  });
});
