/** A tile's text about another teacher. */
import { expect, it } from 'vitest';
import { besideShort, besideText, movementOf } from '../../renderer/features/ranks/rank-movement.ts';

it('an image with a better rank here moved up, shown by an arrow and a word', () => {
  expect(movementOf(3, 44)).toBe('▲ up 41');
  expect(movementOf(44, 3)).toBe('▼ down 41');
  expect(movementOf(5, 5)).toBe('same rank');
});

it('a tile shows the rank there, or that there is none', () => {
  expect(besideText(3, 44)).toBe('44 there, ▲ up 41');
  expect(besideShort(3, 44)).toBe('44 there · ▲ 41');
  expect(besideShort(3, null)).toBe('not ranked there');
  expect(besideShort(7, 7)).toBe('7 there, same rank');
});
