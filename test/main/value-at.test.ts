import { expect, test } from 'vitest';
import { valueAt } from '../../main/value-at.ts';

test('gives the value under a key, also one that counts as false', () => {
  const values = new Map([
    ['none', 0],
    ['', 1],
  ]);
  expect([valueAt(values, 'none'), valueAt(values, '')]).toEqual([0, 1]);
});

test('names the key that is not there', () => {
  expect(() => valueAt(new Map([['weight', 1]]), 'bias')).toThrow(new RangeError('there is no value under bias'));
});
