/** Eight tabs of one browser: more than the six connections it opens to a server, if each held one for its events. */
import { expect, type Page } from '@playwright/test';
import { test } from './workbench.ts';

const TABS = 8;

test('eight tabs of one browser share one event stream, receive every change, and pass the stream on', async ({
  context,
  sample,
}) => {
  const streams = new Set<string>();
  const tabs: Page[] = [];
  for (let tab = 0; tab < TABS; tab++) {
    const page = await context.newPage();
    page.on('request', (request) => {
      if (request.url().endsWith('/api/events')) streams.add(`tab ${tab}`);
    });
    await page.goto(`/projects/${sample}/collection`);
    await expect(page.getByRole('button', { name: 'Add a class' })).toBeVisible();
    tabs.push(page);
  }
  expect([...streams]).toEqual(['tab 0']);
  await addClass(tabs[TABS - 1], 'seen by all');
  for (const page of tabs) await expect(className(page, 'seen by all')).toBeVisible();

  const [first, ...others] = tabs;
  await first?.close();
  await expect.poll(() => streams.size).toBe(2);
  await addClass(others[0], 'seen after');
  for (const page of others) await expect(className(page, 'seen after')).toBeVisible();
});

async function addClass(page: Page | undefined, name: string): Promise<void> {
  if (!page) throw new Error('the tab was closed');
  await page.bringToFront();
  await page.getByRole('textbox', { name: 'Name of the class' }).fill(name);
  await page.getByRole('button', { name: 'Add a class' }).click();
}

function className(page: Page, name: string) {
  return page.getByRole('textbox', { name: `Rename ${name}` });
}
