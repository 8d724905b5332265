/** Every screen on the sample with its finished run: light and dark, wide and narrow, and held against WCAG 2.2 AA. */
import { mkdirSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { type BrowserContext, expect, type Page } from '@playwright/test';
import { enter, test } from './workbench.ts';

const VIEWS = ['collection', 'labelling', 'teacher', 'label', 'ranks', 'student', 'compare', 'use'] as const;
const SIZES = { wide: { width: 1280, height: 720 }, narrow: { width: 390, height: 844 } } as const;
const PICTURES = 'test-output/screens';

test.describe.configure({ mode: 'serial' });

let context: BrowserContext;
let page: Page;
let project = '';

test.beforeAll(async ({ browser, workbench }) => {
  mkdirSync(PICTURES, { recursive: true });
  context = await browser.newContext();
  page = await context.newPage();
  await enter(page, workbench);
});

test.afterAll(async () => {
  await context.close();
});

test('the sample is drawn and opens with its finished run', async () => {
  await page.getByRole('button', { name: 'Try the sample' }).click();
  await page.waitForURL(/\/projects\/[0-9a-f]+\/collection$/, { timeout: 120_000 });
  project = /projects\/([0-9a-f]+)/.exec(page.url())?.[1] ?? '';
  await expect(page.getByText('unlabelled', { exact: true }).first()).toBeVisible();
});

for (const view of [...VIEWS, 'jobs', 'devices', 'start'] as const) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const colorScheme of ['light', 'dark'] as const) {
      test(`${view} is accessible, ${size} and ${colorScheme}`, async () => {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.goto(new URL(pathOf(view), page.url()).href);
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        await expect(page.getByRole('main').getByRole('status', { name: 'Loading …' })).toHaveCount(0);
        await page.screenshot({ path: `${PICTURES}/${view}-${size}-${colorScheme}.png` });
        expect.soft(await seriousFindings(page)).toEqual([]);
      });
    }
  }
}

function pathOf(view: string): string {
  if (view === 'start') return '/';
  return view === 'jobs' || view === 'devices' ? `/${view}` : `/projects/${project}/${view}`;
}

async function seriousFindings(shown: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page: shown })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    .analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}
