import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MODEL, openRunFile, recordRunFiles, verifyRunFiles } from '../../../main/catalogue/run-files.ts';

let directory: string;
beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'understudy-kept-')), 'teacher-00000000000b');
  mkdirSync(directory);
  writeFileSync(join(directory, MODEL), 'weights');
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

test.each([
  [{}, 'run the method again with the same settings to recreate it', true],
  [
    { keptFrom: 'teacher-00000000000a' },
    'running the method again does not make it: let the training teacher-00000000000a continue',
    false,
  ],
  [{ broughtIn: 'resnet.pth' }, 'import resnet.pth again', false],
] as const)('a damaged model says what makes it again, by how it was made: %o', async (made, wayOut, remade) => {
  await recordRunFiles(directory, [MODEL], made);
  // Later entries keep the earlier facts about the run.
  writeFileSync(join(directory, 'classes.json'), '[]');
  await recordRunFiles(directory, ['classes.json']);
  writeFileSync(join(directory, MODEL), 'weighty');
  await expect(openRunFile(directory, MODEL)).rejects.toThrow(wayOut);
  const verdicts = [];
  for await (const verdict of verifyRunFiles(directory)) verdicts.push(verdict);
  expect(verdicts).toMatchObject([{ state: 'damaged', remade }, { state: 'sound' }]);
});
