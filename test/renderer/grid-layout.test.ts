import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  followScroll,
  type GridLayout,
  indexAt,
  isDrifted,
  layoutGrid,
  moveIndex,
  rowTopPx,
  scrollTopAt,
  tileLeftPx,
  topAt,
  topToShow,
  visibleRows,
} from '../../renderer/components/grid-layout.ts';

const MILLION = 1_000_000;

function layout(change: Partial<Parameters<typeof layoutGrid>[0]> = {}): GridLayout {
  return layoutGrid({
    total: MILLION,
    widthPx: 1000,
    heightPx: 700,
    tilePx: 160,
    tileHeightPx: 160,
    gapPx: 12,
    paddingPx: 16,
    devicePixelRatio: 1,
    ...change,
  });
}

describe('the layout of a grid', () => {
  it('puts as many columns as fit, and the rest of the width on both sides', () => {
    const grid = layout();
    expect(grid.columns).toBe(5);
    expect(tileLeftPx(grid, 0)).toBe(76);
    expect(tileLeftPx(grid, 4) + 160).toBe(1000 - 76);
  });

  it('has one column when a tile is wider than the room', () => {
    expect(layout({ widthPx: 100 }).columns).toBe(1);
  });

  it.each([1, 2, 3])('keeps the spacer under the limit of browsers at %d device pixels to a pixel', (ratio) => {
    expect(layout({ devicePixelRatio: ratio }).spacerPx * ratio).toBeLessThan(2 ** 24);
  });

  it('leaves a grid that fits under the limit as tall as it is', () => {
    const grid = layout({ total: 1000 });
    expect(grid.spacerPx).toBe(grid.contentPx);
    expect(topAt(grid, 1234)).toBe(1234);
  });

  it('shows the first image at the top of the bar and the last at its end', () => {
    const grid = layout({ devicePixelRatio: 2 });
    expect(visibleRows(grid, topAt(grid, 0), 0).firstRow).toBe(0);
    const bottom = grid.spacerPx - grid.viewportPx;
    expect(visibleRows(grid, topAt(grid, bottom), 0).endRow).toBe(grid.rows);
  });

  it('reaches every image of any grid by a jump, and shows it there', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3_000_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 40, max: 900 }),
        (total, part, tilePx) => {
          const grid = layout({ total, tilePx, tileHeightPx: tilePx, devicePixelRatio: 2 });
          const index = Math.min(total - 1, Math.floor(part * total));
          const top = topToShow(grid, 0, index, 'center');
          const { firstRow, endRow } = visibleRows(grid, topAt(grid, scrollTopAt(grid, top)), 0);
          const row = Math.floor(index / grid.columns);
          return firstRow <= row && row < endRow;
        },
      ),
    );
  });

  it('maps places to scroll positions and back, in order', () => {
    const grid = layout({ devicePixelRatio: 3 });
    const range = grid.contentPx - grid.viewportPx;
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (a, b) => {
        const [lower, higher] = a < b ? [a * range, b * range] : [b * range, a * range];
        expect(topAt(grid, scrollTopAt(grid, lower))).toBeCloseTo(lower, 3);
        expect(scrollTopAt(grid, lower)).toBeLessThanOrEqual(scrollTopAt(grid, higher));
      }),
    );
  });

  it('finds the tile under a point, and none in a gap', () => {
    const grid = layout({ total: 12 });
    expect(indexAt(grid, tileLeftPx(grid, 7) + 1, rowTopPx(grid, 1) + 1)).toBe(7);
    expect(indexAt(grid, tileLeftPx(grid, 7) + 161, rowTopPx(grid, 1) + 1)).toBeNull();
    expect(indexAt(grid, tileLeftPx(grid, 4) + 1, rowTopPx(grid, 2) + 1)).toBeNull();
  });
});

describe('scrolling a grid taller than a browser can lay out', () => {
  const grid = layout({ devicePixelRatio: 2 });

  it('moves the content one to one under small movements', () => {
    const start = { scrollTop: scrollTopAt(grid, 8_000_000), top: 8_000_000 };
    expect(followScroll(grid, start, start.scrollTop + 120).top).toBe(8_000_120);
  });

  it('goes where the bar points after a jump', () => {
    const middle = (grid.spacerPx - grid.viewportPx) / 2;
    const { top } = followScroll(grid, { scrollTop: 0, top: 0 }, middle);
    expect(top / (grid.contentPx - grid.viewportPx)).toBeCloseTo(0.5, 3);
  });

  it('reaches the first row by small movements from the middle, correcting the bar where necessary', () => {
    let place = { scrollTop: scrollTopAt(grid, 200_000), top: 200_000 };
    for (let step = 0; step < 10_000 && place.top > 0; step++) {
      const scrollTop = Math.max(0, place.scrollTop - 100);
      place = followScroll(grid, place, scrollTop);
      if (isDrifted(grid, place) === 'now') place = { ...place, scrollTop: scrollTopAt(grid, place.top) };
    }
    expect(place).toEqual({ scrollTop: 0, top: 0 });
  });

  it('defers the correction of the bar while the movement continues in the middle', () => {
    const place = followScroll(
      grid,
      { scrollTop: scrollTopAt(grid, 8_000_000), top: 8_000_000 },
      scrollTopAt(grid, 8_000_000) + 500,
    );
    expect(isDrifted(grid, place)).toBe('later');
    expect(isDrifted(grid, { scrollTop: scrollTopAt(grid, place.top), top: place.top })).toBe('no');
  });
});

describe('moving through a grid by keys', () => {
  const grid = layout({ total: 13 });

  it.each([
    [0, 'left', 0],
    [0, 'right', 1],
    [1, 'down', 6],
    [6, 'up', 1],
    [3, 'up', 3],
    [9, 'down', 12],
    [11, 'down', 11],
    [2, 'pageDown', 12],
    [12, 'pageUp', 2],
    [5, 'first', 0],
    [5, 'last', 12],
  ] as const)('goes from %d by %s to %d', (from, move, to) => {
    expect(moveIndex(grid, from, move)).toBe(to);
  });

  it('does nothing in an empty grid', () => {
    expect(moveIndex(layout({ total: 0 }), 0, 'down')).toBe(0);
  });
});
