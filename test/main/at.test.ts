import { expect, test } from 'vitest';
import { at } from '../../main/at.ts';

test('an element is given as it is, also one that is zero or empty', () => {
  expect(at([5, 0], 1)).toBe(0);
  expect(at(['a', ''], 1)).toBe('');
  expect(at(Int32Array.of(7, 8), 0)).toBe(7);
});

test.each([-1, 2, 0.5, Number.NaN])('the index %s of two elements is refused', (index) => {
  expect(() => at([1, 2], index)).toThrow(RangeError);
});
