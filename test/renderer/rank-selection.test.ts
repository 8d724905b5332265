/** The selection of a grid. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  choose,
  chooseRange,
  chosenCount,
  FIRST_CHOSEN,
  isChosen,
  onlyAt,
} from '../../renderer/acts/rank-selection.ts';

describe('a selection', () => {
  it('is moved by arrows, extended with shift, and shrunk by going back', () => {
    const moved = choose(choose(onlyAt(1), 2, 'only'), 3, 'only');
    expect(moved).toEqual(onlyAt(3));
    const extended = choose(choose(moved, 4, 'range'), 5, 'range');
    expect([extended.ranges, extended.active]).toEqual([[{ first: 3, last: 5 }], 5]);
    expect(choose(extended, 2, 'range').ranges).toEqual([{ first: 2, last: 3 }]);
  });

  it('keeps its last tile, and its active tile stays chosen', () => {
    expect(choose(onlyAt(7), 7, 'toggle')).toEqual(onlyAt(7));
    const three = choose(choose(onlyAt(2), 5, 'toggle'), 6, 'toggle');
    const without = choose(three, 6, 'toggle');
    expect([without.active, chosenCount(without)]).toEqual([5, 2]);
    expect(chooseRange(onlyAt(50), 0, 9).active).toBe(9);
    expect(chooseRange(onlyAt(4), 0, -1)).toEqual(onlyAt(4));
  });

  it('always contains its active tile, and knows its size', () => {
    const press = fc.record({
      place: fc.integer({ min: 0, max: 20 }),
      mode: fc.constantFrom('only', 'toggle', 'range', 'above'),
    });
    fc.assert(
      fc.property(fc.array(press, { maxLength: 30 }), (presses) => {
        let selection = FIRST_CHOSEN;
        for (const { place, mode } of presses) {
          selection = mode === 'above' ? chooseRange(selection, 0, place) : choose(selection, place, mode);
          expect(isChosen(selection, selection.active)).toBe(true);
          const places = Array.from({ length: 21 }, (_, at) => at).filter((at) => isChosen(selection, at));
          expect(places).toHaveLength(chosenCount(selection));
        }
      }),
    );
  });
});
