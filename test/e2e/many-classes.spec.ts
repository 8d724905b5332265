/** A thousand classes on every screen, and ten thousand: the document stays small, and every class can be found. */
import { expect, type Locator, type Page } from '@playwright/test';
import { makeManyClassesProject } from '../many-classes-project.ts';
import { settled } from './settled.ts';
import { test } from './workbench.ts';

const MOST_NODES = 3000;
const THOUSAND = 1000;

/** What shows that a screen has its content. */
const contents = {
  collection: (page: Page) => page.getByRole('textbox', { name: 'Rename class 00000' }),
  'hand-labelling': (page: Page) => page.getByRole('button', { name: /class 00000/ }),
  teacher: (page: Page) => page.getByRole('button', { name: /Train/ }).first(),
  scoring: (page: Page) => page.getByRole('row', { name: /^class 00/ }).first(),
  ranks: (page: Page) => page.getByRole('option', { name: /^class 00000/ }),
  student: (page: Page) => page.getByRole('row', { name: /^class 00/ }).first(),
  compare: (page: Page) => page.getByRole('row', { name: /^class 00000/ }).first(),
  use: (page: Page) => page.getByRole('heading', { level: 1 }),
} satisfies Readonly<Record<string, (page: Page) => Locator>>;

test('every screen has few elements with a thousand classes', async ({ page, workbench }, { project }) => {
  const id = await opened(page, workbench.origin, `${project.outputDir}/thousand classes`, THOUSAND, true);
  for (const [view, content] of Object.entries(contents)) {
    await test.step(view, async () => {
      await page.goto(`/projects/${id}/${view}`);
      await expect(content(page)).toBeVisible();
      await settled(page);
      await page.screenshot({ path: `test-output/screens/thousand-${view}.png` });
      expect.soft(await nodes(page), view).toBeLessThanOrEqual(MOST_NODES);
      await expect.soft(page.locator('option')).not.toHaveCount(THOUSAND);
    });
  }
  await test.step('a class is found by typing and given', async () => {
    await page.goto(`/projects/${id}/hand-labelling`);
    await expect(contents['hand-labelling'](page)).toBeVisible();
    const first = await shown(page);
    await page.keyboard.press('/');
    await page.keyboard.type('777');
    await page.keyboard.press('Enter');
    await expect.poll(async () => await shown(page)).not.toBe(first);
    await expect(page.getByRole('button', { name: `Undo: Label “${first}” as “class 00777”` })).toBeVisible();
    await page.keyboard.press('ControlOrMeta+z');
    await expect.poll(async () => await shown(page)).toBe(first);
  });
  await test.step('one menu merges a class into another, found by typing', async () => {
    await page.goto(`/projects/${id}/collection`);
    await page.getByRole('button', { name: 'Merge class 00001 into' }).click();
    await page.getByRole('combobox', { name: 'Find a class' }).fill('00900');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('textbox', { name: 'Rename class 00001' })).toHaveCount(0);
    const section = page.getByRole('region', { name: 'Classes' }).first();
    await section.getByRole('textbox', { name: 'Find a class' }).fill('class 009');
    await expect(section.getByRole('textbox', { name: 'Rename class 00900' })).toBeVisible();
    await expect(section.getByRole('textbox', { name: 'Rename class 00001' })).toHaveCount(0);
  });
  await test.step('the ranking of any class is one search away', async () => {
    await page.goto(`/projects/${id}/ranks`);
    await page.getByRole('textbox', { name: 'Find a class' }).fill('class 00555');
    await page.keyboard.press('ArrowDown');
    await page.getByRole('option', { name: /^class 00555/ }).click();
    await expect(page.getByRole('grid', { name: 'Ranking of class 00555, best first' })).toBeVisible();
  });
});

test('ten thousand classes open', async ({ page, workbench }, { project }) => {
  const id = await opened(page, workbench.origin, `${project.outputDir}/ten thousand classes`, 10_000, false);
  for (const view of ['collection', 'hand-labelling', 'scoring', 'ranks', 'student'] as const) {
    await page.goto(`/projects/${id}/${view}`);
    await expect(contents[view](page)).toBeVisible();
    expect.soft(await nodes(page), view).toBeLessThanOrEqual(MOST_NODES);
  }
});

async function opened(page: Page, origin: string, folder: string, classes: number, evaluated: boolean) {
  const project = await makeManyClassesProject(folder, classes, evaluated);
  const answer = await page.request.post('/api/projects/open', {
    data: { folder: project },
    headers: { Origin: origin },
  });
  expect(answer.ok(), await answer.text()).toBe(true);
  const { id } = (await answer.json()) as { readonly id: string };
  // More than any class has, so that all classes are short: the case in which the lists show most.
  const settings = await page.request.post(`/api/projects/${id}/selection-settings`, {
    data: { k: 50 },
    headers: { Origin: origin },
  });
  expect(settings.ok(), await settings.text()).toBe(true);
  return id;
}

async function nodes(page: Page): Promise<number> {
  return await page.evaluate(() => document.querySelectorAll('*').length);
}

/** The name of the picture to label. */
async function shown(page: Page): Promise<string> {
  const picture = page.getByRole('region', { name: 'Picture' }).getByRole('img');
  return (await picture.getAttribute('alt')) ?? '';
}
