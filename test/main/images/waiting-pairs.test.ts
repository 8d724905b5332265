import { expect, it } from 'vitest';
import { WaitingPairs } from '../../../main/images/waiting-pairs.ts';

it('takes the pairs of each first number together, once, and has room again', () => {
  const pairs = new WaitingPairs(5);
  const taken = () => {
    const all: (readonly [number, readonly number[]])[] = [];
    pairs.take((first, seconds) => all.push([first, [...seconds].sort((a, b) => a - b)]));
    return all.sort(([a], [b]) => a - b);
  };
  const added = [
    [7, 1],
    [0, 2],
    [7, 0],
    [3, 9],
    [7, 5],
  ] as const;
  expect(added.map(([first, second]) => pairs.add(first, second))).toEqual([false, false, false, false, true]);
  expect(taken()).toEqual([
    [0, [2]],
    [3, [9]],
    [7, [0, 1, 5]],
  ]);
  expect(taken()).toEqual([]);
  expect(pairs.add(7, 4)).toBe(false);
  expect(taken()).toEqual([[7, [4]]]);
});
