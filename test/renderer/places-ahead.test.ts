import { expect, it } from 'vitest';
import { placesAhead } from '../../renderer/images/places-ahead.ts';

it('is the screen that follows, the nearest first', () => {
  expect(placesAhead({ first: 10, last: 13 }, 0)).toEqual([14, 15, 16, 17]);
});

it('is the screen before after scrolling back, as far as there is one', () => {
  expect(placesAhead({ first: 10, last: 13 }, 20)).toEqual([9, 8, 7, 6]);
  expect(placesAhead({ first: 2, last: 7 }, 20)).toEqual([1, 0]);
});

it('is bounded, however small the tiles are', () => {
  expect(placesAhead({ first: 0, last: 999 }, 0)).toHaveLength(200);
});
