/**
 * Scrolling a ranking of a million images: frames per second, memory after a long scroll, and whether every rank can be
 * reached. Needs an otherwise idle machine: only by `npm run test:scroll`, or with the seconds of the long scroll in
 * SCROLL_SECONDS.
 */
import { expect, type Locator, type Page } from '@playwright/test';
import { imageAtRank, makeLargeProject } from '../large-project.ts';
import { framesDuring, inWords } from './frames.ts';
import { memoryInWords, memoryOf } from './memory.ts';
import { drag, dragFor, wheelFor, wheelToIndex } from './scrolling.ts';
import { settled } from './settled.ts';
import { test as base } from './workbench.ts';

const IMAGES = 1_000_000;
const SECONDS = Number(process.env.SCROLL_SECONDS ?? 0);
const LEAST_FRAMES_PER_SECOND = 50;
/** The growth allowed to a page in a long scroll, after a garbage collection. */
const MOST_GROWTH_BYTES = 30 * 2 ** 20;

const test = base.extend<object, { readonly million: string }>({
  million: [
    async ({ browser, workbench }, use, { project }) => {
      const folder = await makeLargeProject(`${project.outputDir}/million-${process.pid}`, IMAGES);
      const page = await browser.newPage({ baseURL: workbench.origin, storageState: workbench.session });
      const answer = await page.request.post('/api/projects/open', {
        data: { folder },
        headers: { Origin: workbench.origin },
      });
      expect(answer.ok(), await answer.text()).toBe(true);
      const { id } = (await answer.json()) as { readonly id: string };
      await page.close();
      await use(id);
    },
    { scope: 'worker', timeout: 300_000 },
  ],
});

// A scroll bar to drag, which Playwright hides by default; and no trace, whose pictures of the page cost frames and memory.
test.use({
  trace: 'off',
  launchOptions: async ({ launchOptions }, use) =>
    await use({ ...launchOptions, ignoreDefaultArgs: ['--hide-scrollbars'] }),
});
test.setTimeout(240_000 + 2_000 * SECONDS);

test.skip(SECONDS === 0, 'measured by npm run test:scroll');

test.beforeEach(async ({ page, million }) => {
  await page.goto(`/projects/${million}/ranks`);
  await expect(tile(page, 1)).toBeVisible({ timeout: 60_000 });
  await settled(page);
});

test('a million ranks scroll at fifty frames a second without using more memory at the end', async ({ page }) => {
  const grid = ranking(page);
  const before = await memoryOf(page);
  const wheeled = await framesDuring(grid, () => wheelFor(grid, (SECONDS * 1000) / 2));
  const dragged = await framesDuring(grid, () => dragFor(grid, (SECONDS * 1000) / 2));
  await settled(page);
  const after = await memoryOf(page);
  say(`by wheel: ${inWords(wheeled)}`);
  say(`by dragging: ${inWords(dragged)}`);
  say(`memory before: ${memoryInWords(before)}; after ${SECONDS} s: ${memoryInWords(after)}`);
  expect(Math.min(wheeled.frames, dragged.frames)).toBeGreaterThan(10 * SECONDS);
  expect(1000 / wheeled.medianMs).toBeGreaterThanOrEqual(LEAST_FRAMES_PER_SECOND);
  expect(1000 / dragged.medianMs).toBeGreaterThanOrEqual(LEAST_FRAMES_PER_SECOND);
  expect(after.heapBytes - before.heapBytes).toBeLessThan(MOST_GROWTH_BYTES);
  expect(after.nodes).toBeLessThan(2 * before.nodes);
});

test('the first rank, the middle one and the last one are reached by scrolling', async ({ page }) => {
  const grid = ranking(page);
  await drag(grid, 1);
  await shows(page, IMAGES);
  await drag(grid, 0.5);
  await wheelToIndex(grid, IMAGES / 2 - 1);
  await shows(page, IMAGES / 2);
  await drag(grid, 0);
  await shows(page, 1);
});

test('the first rank, the middle one and the last one are reached by key', async ({ page }) => {
  await ranking(page).focus();
  await page.keyboard.press('End');
  await shows(page, IMAGES);
  await page.keyboard.press('Home');
  await shows(page, 1);
  await jump(page, IMAGES / 2 + 3);
  for (let step = 0; step < 3; step++) await page.keyboard.press('ArrowLeft');
  await shows(page, IMAGES / 2);
});

test('the first rank, the middle one and the last one are jumped to', async ({ page }) => {
  for (const rank of [IMAGES, IMAGES / 2, 1]) {
    await jump(page, rank);
    await shows(page, rank);
  }
});

function ranking(page: Page): Locator {
  return page.getByRole('grid');
}

function tile(page: Page, rank: number): Locator {
  return ranking(page).locator(`[data-index="${rank - 1}"]`);
}

/** Fully in sight, with its number and the picture of the image at this rank. */
async function shows(page: Page, rank: number): Promise<void> {
  const shown = tile(page, rank);
  await expect(shown).toBeInViewport({ ratio: 1 });
  await expect(shown).toContainText(rank.toLocaleString('en-US'));
  const picture = shown.locator('img[data-loaded=true]');
  await expect(picture).toHaveAttribute('data-image', String(imageAtRank(rank, IMAGES)));
}

async function jump(page: Page, rank: number): Promise<void> {
  const field = page.getByLabel('Go to rank');
  await field.fill(String(rank));
  await field.press('Enter');
}

function say(figures: string): void {
  process.stdout.write(`    ${figures}\n`);
}
