import { expect, it } from 'vitest';
import { byPrecision } from '../../renderer/features/ranks/class-precision.ts';

const balance = (classId: number) => ({
  ...{ classId, name: `class ${classId}`, colour: '#808080', candidates: 90, kept: 50, vetoed: 0, pinned: 0 },
  ...{ setAside: 0, scoreAtCut: 0.9, calibratedAtCut: null, firsts: 60 },
});

it('puts the most precise class first and those with too few right last, each with its interval', () => {
  const classes = [0, 1, 2, 3, 4].map(balance);
  const ordered = byPrecision(classes, [
    { classId: 0, by: 'spotChecks', checked: 20, correct: 5 },
    { classId: 2, by: 'heldOut', checked: 20, correct: 20 },
    { classId: 3, by: 'heldOut', checked: 20, correct: 15 },
    { classId: 4, by: 'spotChecks', checked: 20, correct: 18 },
  ]);
  expect(ordered.map(({ classId }) => classId)).toEqual([2, 4, 1, 3, 0]);
  expect(ordered.map(({ known }) => known?.tooFew ?? null)).toEqual([false, false, null, true, true]);
  expect(ordered.map(({ known }) => known?.by ?? null)).toEqual([
    'heldOut',
    'spotChecks',
    null,
    'heldOut',
    'spotChecks',
  ]);
  expect(ordered[0]?.known?.interval.map((edge) => edge.toFixed(2))).toEqual(['0.84', '1.00']);
});

it('keeps the order of classes of which nothing is known', () => {
  expect(byPrecision([7, 3].map(balance), []).map(({ classId }) => classId)).toEqual([7, 3]);
});
