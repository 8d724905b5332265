/** axe's findings on a page, by WCAG 2.2 AA. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';

const LEVELS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** Each with the elements it concerns; empty if there are none. */
export async function seriousFindings(page: Page): Promise<string[]> {
  return await found(new AxeBuilder({ page }).withTags(LEVELS));
}

/** Only the colour contrast. */
export async function contrastFindings(page: Page): Promise<string[]> {
  return await found(new AxeBuilder({ page }).withRules(['color-contrast', 'link-in-text-block']));
}

async function found(axe: AxeBuilder): Promise<string[]> {
  const { violations } = await axe.analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target, html }) => `${target.join(' ')} ${html}`).join(', ')}`);
}
