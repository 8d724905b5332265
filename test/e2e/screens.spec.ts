/** Every screen on the sample with its finished runs: light and dark, wide and narrow, checked against WCAG 2.2 AA. */
import { expect, type Locator, type Page } from '@playwright/test';
import { contrastFindings, seriousFindings } from './accessibility.ts';
import { settled } from './settled.ts';
import { test } from './workbench.ts';

const SIZES = { wide: { width: 1280, height: 720 }, narrow: { width: 390, height: 844 } } as const;
/** For review by people, with SCREENS=all, which does not run axe: a small window, a usual one, a very large one. */
const MORE_SIZES = {
  tablet: { width: 900, height: 1100 },
  desk: { width: 1440, height: 900 },
  large: { width: 3840, height: 2160 },
} as const;
const TO_LOOK = process.env.SCREENS === 'all';
const sizes = TO_LOOK ? { ...SIZES, ...MORE_SIZES } : SIZES;
const SCHEMES = ['light', 'dark'] as const;
const PICTURES = 'test-output/screens';

/** What shows that a screen has its content, and not only its frame. */
const contents: Readonly<Record<string, (page: Page) => Locator>> = {
  collection: (page) => page.getByRole('grid').getByRole('gridcell').first(),
  'hand-labelling': (page) => page.getByRole('button', { name: /mushroom/ }),
  teacher: (page) => page.locator('figure canvas').last(),
  scoring: (page) => page.getByRole('link', { name: 'Browse the ranks' }),
  ranks: (page) => page.getByRole('listbox').getByRole('option', { name: /^mushroom/ }),
  student: (page) => page.locator('figure canvas').last(),
  compare: (page) => page.getByRole('row', { name: /Student, fine-tuned/ }),
  experiments: (page) => page.getByRole('button', { name: 'Start the experiment' }),
  use: (page) => page.getByRole('button', { name: 'Export' }),
  jobs: (page) => page.getByRole('article', { name: 'Drawing the sample' }),
  devices: (page) => page.getByRole('heading', { name: 'This machine' }),
  start: (page) => page.getByRole('heading', { name: 'Recent projects' }),
};

for (const [view, content] of Object.entries(contents)) {
  test(`${view} is accessible, wide and narrow, light and dark`, async ({ page, sample }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.goto(addressOf(view, sample));
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expect(content(page)).toBeVisible();
    for (const [size, viewport] of Object.entries(sizes)) {
      await page.setViewportSize(viewport);
      // Another scheme changes only colours, and the same ones at any width.
      for (const colorScheme of TO_LOOK || size === 'wide' ? SCHEMES : (['light'] as const)) {
        await page.emulateMedia({ colorScheme });
        // The page follows shortly after the system.
        await expect(page.locator('html')).toHaveAttribute('data-mantine-color-scheme', colorScheme);
        await settled(page);
        await page.screenshot({ path: `${PICTURES}/${view}-${size}-${colorScheme}.png` });
        if (TO_LOOK) continue;
        const findings = colorScheme === 'light' ? seriousFindings(page) : contrastFindings(page);
        expect.soft(await findings, `${size}, ${colorScheme}`).toEqual([]);
      }
      expect.soft(await overflowPx(page), `${size}: scrolls sideways`).toBe(0);
    }
    expect.soft(await primaryButtons(page), 'one thing to go on with').toHaveLength(PRIMARY[view] ?? 1);
  });
}

/** Screens for looking something up, which have no next step. */
const PRIMARY: Readonly<Record<string, number>> = {
  collection: 1,
  'hand-labelling': 0,
  compare: 0,
  jobs: 0,
  devices: 0,
};

/** The texts of the primary buttons. */
async function primaryButtons(page: Page): Promise<string[]> {
  const filled = '.mantine-Button-root:not([data-variant]), .mantine-Button-root[data-variant="filled"]';
  return await page.locator(filled).filter({ visible: true }).allTextContents();
}

function addressOf(view: string, project: string): string {
  if (view === 'start') return '/';
  return view === 'jobs' || view === 'devices' ? `/${view}` : `/projects/${project}/${view}`;
}

async function overflowPx(page: Page): Promise<number> {
  return await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return Math.max(0, scrollWidth - clientWidth);
  });
}

test('the drawn sample has the images that its finished runs used', async ({ page, sample }) => {
  await page.goto(addressOf('collection', sample));
  const estimate = await page.evaluate(async (id) => {
    const body = JSON.stringify({ goal: 'evaluate', recipe: 'demo', set: ['engine.device=cpu'] });
    const request = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body };
    return (await (await fetch(`/api/projects/${id}/estimate`, request)).json()) as { stages: { done: boolean }[] };
  }, sample);
  expect(estimate.stages.map(({ done }) => done)).toEqual(Array(7).fill(true));
});

test('an image is shown pixel by pixel as the network sees it', async ({ page, sample }) => {
  await page.goto(addressOf('collection', sample));
  await page.getByRole('grid', { name: 'Images' }).getByRole('gridcell').nth(1).click();
  await page.getByRole('button', { name: 'As the network sees it' }).click();
  const dialog = page.getByRole('dialog', { name: /as the network sees it/ });
  const picture = dialog.getByRole('img', { name: 'The image in the pixels the network is given' });
  await expect(picture).toBeVisible();
  await expect(dialog.getByText(/pixels, shown one by one/)).toBeVisible();
  const [width, recipe] = await Promise.all([
    picture.evaluate((image) => (image as HTMLImageElement).naturalWidth),
    page.evaluate(async (id) => {
      const request = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' };
      return await (await fetch(`/api/projects/${id}/recipe`, request)).json();
    }, sample),
  ]);
  expect(width).toBe((recipe as { resolved: { imageSizePx: number } }).resolved.imageSizePx);
  await settled(page);
  expect(await seriousFindings(page)).toEqual([]);
});
