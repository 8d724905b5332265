import { expect, test } from 'vitest';
import { fromHalf, toHalf } from '../../main/half.ts';

test('every half converts to a single and back to itself', () => {
  const halves = Uint16Array.from({ length: 2 ** 16 }, (_, half) => half);
  const back = toHalf(fromHalf(halves));
  for (const [half, value] of back.entries()) {
    const noNumber = (half & 0x7fff) > 0x7c00;
    expect(noNumber ? (value & 0x7fff) > 0x7c00 : value === half, String(half)).toBe(true);
  }
});

// Values and their half-precision forms according to NumPy.
test.each([
  [0.1, 0x2e66],
  [65504, 0x7bff],
  [65519, 0x7bff],
  [65520, 0x7c00],
  [1e10, 0x7c00],
  [-1e10, 0xfc00],
  [2 ** -24, 1],
  [2 ** -25, 0],
  [1.5 * 2 ** -24, 2],
  [2.5 * 2 ** -24, 2],
  [1 + 2 ** -11, 0x3c00],
  [1 + 3 * 2 ** -11, 0x3c02],
  [-0, 0x8000],
])('%f is the half %i', (value, half) => {
  expect(toHalf(Float32Array.of(value))[0]).toBe(half);
});
