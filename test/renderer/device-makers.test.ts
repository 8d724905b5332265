/** The page and the README tell a person with a GPU the same. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { text } from '../../renderer/text/en.ts';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
const [, devices = ''] = /^## Devices$(.*?)^## /ms.exec(readme) ?? [];

it('the page names the makers of GPUs as the README does, each with what has been measured', () => {
  const { each } = text.shell.devices.makers;
  const makers = [...devices.matchAll(/^- \*\*(.+?)\*\*/gm)].map(([, maker]) => maker);
  expect(each.map(({ maker }) => maker)).toEqual(makers);
  for (const { measured } of each) expect(devices).toContain(measured);
});
