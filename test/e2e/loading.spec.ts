/** How much JavaScript a screen without charts loads, and how soon something useful is painted. The times are printed, not judged: machines differ. */
import { gzipSync } from 'node:zlib';
import { expect, type Page } from '@playwright/test';
import { test } from './workbench.ts';

const MOST_GZIP_BYTES = 400_000;

test('the start screen loads little and shows its heading soon', async ({ page }) => {
  const scripts = countScripts(page);
  await noteFirstPaints(page);
  await page.goto('/');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  report('Start, heading', await firstPaintMs(page, 'heading'), await scripts());
  expect(await scripts()).toBeLessThanOrEqual(MOST_GZIP_BYTES);
});

test('the ranks load little and show their first images soon', async ({ page, sample }) => {
  const scripts = countScripts(page);
  await noteFirstPaints(page);
  await page.goto(`/projects/${sample}/ranks`);
  await expect(page.locator('[role=gridcell] img[data-loaded=true]').first()).toBeVisible();
  report('Ranks, heading', await firstPaintMs(page, 'heading'), await scripts());
  report('Ranks, first image', await firstPaintMs(page, 'image'), await scripts());
  expect(await scripts()).toBeLessThanOrEqual(MOST_GZIP_BYTES);
});

/** The sum so far, each script compressed by gzip. */
function countScripts(page: Page): () => Promise<number> {
  const sizes: Promise<number>[] = [];
  page.on('response', (response) => {
    if (response.request().resourceType() !== 'script') return;
    sizes.push(response.body().then((body) => gzipSync(body).byteLength));
  });
  return async () => {
    const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(bytes, 'no script was seen').toBeGreaterThan(0);
    return bytes;
  };
}

type Paint = 'heading' | 'image';

/** Milliseconds from the navigation to the frame in which each was first painted. */
async function noteFirstPaints(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const painted = (name: string) => requestAnimationFrame(() => setTimeout(() => performance.mark(name)));
    const seen = new Set<string>();
    const once = (name: string) => {
      if (seen.has(name)) return;
      seen.add(name);
      painted(name);
    };
    new MutationObserver(() => {
      if (document.querySelector('main h1')) once('heading');
    }).observe(document, { subtree: true, childList: true });
    document.addEventListener(
      'load',
      ({ target }) => {
        if (target instanceof HTMLImageElement && target.closest('[role=gridcell]')) once('image');
      },
      true,
    );
  });
}

async function firstPaintMs(page: Page, paint: Paint): Promise<number> {
  await page.waitForFunction((name) => performance.getEntriesByName(name).length > 0, paint);
  return await page.evaluate((name) => performance.getEntriesByName(name)[0]?.startTime ?? 0, paint);
}

function report(what: string, ms: number, bytes: number): void {
  process.stdout.write(`    ${what}: ${Math.round(ms)} ms, ${Math.round(bytes / 1000)} kB of JavaScript (gzip)\n`);
}
