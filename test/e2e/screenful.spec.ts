/**
 * How long a screenful of cached pictures takes in every grid: from the key press or click that brings them into sight to the
 * last one painted. Needs an otherwise idle machine: only by `npm run test:screenful`.
 */
import { expect, type Locator, type Page } from '@playwright/test';
import { settled } from './settled.ts';
import { test } from './workbench.ts';

const TIMES = Number(process.env.SCREENFULS ?? 0);
const MOST_MS = 300;
const SIZES = { 1440: { width: 1440, height: 900 }, '4K': { width: 3840, height: 2160 } } as const;

/** Where the grid is, and how to get there. */
const grids: Readonly<
  Record<string, { readonly view: string; open?(page: Page): Promise<void>; grid(page: Page): Locator }>
> = {
  ranks: { view: 'ranks', grid: (page) => page.getByRole('grid') },
  collection: { view: 'collection', grid: (page) => page.getByRole('grid', { name: 'Images' }) },
  'label in a grid': {
    view: 'hand-labelling',
    open: (page) => page.getByText('In a grid').click(),
    grid: (page) => page.getByRole('grid'),
  },
};

test.skip(TIMES === 0, 'measured by npm run test:screenful');

for (const [size, viewport] of Object.entries(SIZES)) {
  for (const [name, { view, open, grid: gridOf }] of Object.entries(grids)) {
    test(`${name}, ${size}: a screenful that was made before is there within ${MOST_MS} ms`, async ({
      page,
      sample,
    }) => {
      await page.setViewportSize(viewport);
      await page.goto(`/projects/${sample}/${view}`);
      await open?.(page);
      const grid = gridOf(page);
      await expect(grid.getByRole('gridcell').first()).toBeVisible();
      await settled(page);
      await grid.focus();
      const browser = await page.context().newCDPSession(page);
      const measured: number[] = [];
      let pictures = 0;
      for (let time = 0; time <= TIMES; time++) {
        // From one end to the other, where nothing stays in sight; the browser's own cache is cleared.
        await browser.send('Network.clearBrowserCache');
        const took = await untilPainted(grid, time % 2 === 0 ? 'End' : 'Home');
        pictures = took.pictures;
        // The first visits make the pictures.
        if (time > 1) measured.push(took.ms);
        await settled(page);
      }
      const sorted = measured.toSorted((a, b) => a - b);
      const median = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
      process.stdout.write(
        `    ${name}, ${size}: ${pictures} pictures, median ${Math.round(median)} ms, worst ${Math.round(sorted.at(-1) ?? Number.NaN)} ms of ${sorted.length}\n`,
      );
      expect(median).toBeLessThanOrEqual(MOST_MS);
    });
  }
}

/** Frame by frame in the page itself, from the key press until each tile in sight has loaded its picture. */
async function untilPainted(
  grid: Locator,
  key: 'Home' | 'End',
): Promise<{ readonly ms: number; readonly pictures: number }> {
  return await grid.evaluate(async (element, pressed) => {
    const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
    const inSight = () => {
      const { top, bottom } = element.getBoundingClientRect();
      return [...element.querySelectorAll('[role=gridcell]')].filter((cell) => {
        const box = cell.getBoundingClientRect();
        return box.bottom > Math.max(0, top) && box.top < Math.min(window.innerHeight, bottom);
      });
    };
    const before = inSight()[0]?.getAttribute('data-index');
    const startedMs = performance.now();
    element.dispatchEvent(new KeyboardEvent('keydown', { key: pressed, bubbles: true, cancelable: true }));
    for (;;) {
      await frame();
      const cells = inSight();
      const moved = cells[0]?.getAttribute('data-index') !== before;
      const loaded = cells.every((cell) => cell.querySelector<HTMLImageElement>('img[data-loaded=true]')?.naturalWidth);
      if (moved && cells.length > 0 && loaded) {
        // Changes made in this frame are painted with the next.
        await frame();
        return { ms: performance.now() - startedMs, pictures: cells.length };
      }
      if (performance.now() - startedMs > 60_000) throw new Error('the pictures do not come');
    }
  }, key);
}
