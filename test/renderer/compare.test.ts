import { expect, it } from 'vitest';
import { percentAxis, symmetricAxis } from '../../renderer/features/compare/axis.ts';
import { confusedPairs, movedBy, sideBySide, windowAround } from '../../renderer/features/compare/confusions.ts';

const CONFUSION = [
  [8, 2, 0],
  [0, 9, 1],
  [4, 0, 6],
];

it('lists the confused pairs by their number, with their share of the true class', () => {
  expect(confusedPairs(CONFUSION, 2)).toEqual([
    { trueClass: 2, predictedClass: 0, count: 4, share: 0.4 },
    { trueClass: 0, predictedClass: 1, count: 2, share: 0.2 },
  ]);
  expect(
    confusedPairs(
      [
        [3, 0],
        [0, 0],
      ],
      5,
    ),
  ).toEqual([]);
});

it('puts the most confused classes next to each other', () => {
  const confusion = [
    [9, 0, 0, 3],
    [0, 9, 1, 0],
    [0, 5, 9, 0],
    [4, 0, 0, 9],
  ];
  expect(sideBySide(confusion, [0, 1, 2, 3])).toEqual([2, 1, 0, 3]);
  expect(sideBySide(confusion, [3, 0])).toEqual([3, 0]);
  expect(sideBySide(confusion, [])).toEqual([]);
});

it('moves over the matrix by one class, or on to the next confusion, and stays within it', () => {
  const filled = ({ row, column }: { row: number; column: number }) => (CONFUSION[row]?.[column] ?? 0) > 0;
  const moved = (key: string, shiftKey: boolean, row: number, column: number) =>
    movedBy({ key, shiftKey }, { row, column }, 3, filled);
  expect(moved('ArrowRight', false, 2, 0)).toEqual({ row: 2, column: 1 });
  expect(moved('ArrowRight', true, 2, 0)).toEqual({ row: 2, column: 2 });
  expect(moved('ArrowUp', true, 2, 0)).toEqual({ row: 0, column: 0 });
  expect(moved('ArrowRight', true, 0, 1)).toEqual({ row: 0, column: 1 });
  expect(moved('ArrowUp', false, 0, 1)).toEqual({ row: 0, column: 1 });
  expect(moved('End', false, 0, 1)).toEqual({ row: 2, column: 2 });
  expect(moved('a', false, 0, 1)).toBeUndefined();
});

it('shows as many classes around one as fit', () => {
  expect(windowAround(0, 12, 200)).toEqual({ first: 0, end: 12 });
  expect(windowAround(100, 12, 200)).toEqual({ first: 94, end: 106 });
  expect(windowAround(199, 12, 200)).toEqual({ first: 188, end: 200 });
  expect(windowAround(3, 12, 5)).toEqual({ first: 0, end: 5 });
});

it('draws intervals on an axis that contains all of them and ends at round values', () => {
  expect(percentAxis([[0.672, 0.749] as const, [0.64, 0.788] as const])).toEqual([
    expect.closeTo(0.6),
    expect.closeTo(0.8),
  ]);
  expect(percentAxis([[0.98, 1] as const])).toEqual([expect.closeTo(0.95), 1]);
  expect(percentAxis([[0, 0] as const])).toEqual([0, 0.05]);
  const [low, high] = percentAxis([[1, 1] as const]);
  expect(high - low).toBeGreaterThan(0);
});

it('puts zero difference in the middle', () => {
  expect(symmetricAxis([[-0.012, 0.062] as const])).toEqual([expect.closeTo(-0.1), expect.closeTo(0.1)]);
  expect(symmetricAxis([])).toEqual([-0.05, 0.05]);
});
