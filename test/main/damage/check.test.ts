import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { openProject, type Project } from '../../../main/catalogue/project.ts';
import { checkProject } from '../../../main/pipeline/check-project.ts';
import { repair } from '../../../main/pipeline/repair-project.ts';
import type { StoredKind, Verdict } from '../../../main/stored-data.ts';
import { cut, flip } from '../damages.ts';
import { filesIn, finishedProject } from './finished-project.ts';

const CHECKED: readonly StoredKind[] = [
  ...([
    'recipe',
    'run',
    'model',
    'curve',
    'scores',
    'pixels',
    'thumbnail',
    'classification',
    'catalogue',
    'project',
    'job',
  ] as const),
];

let root: string;
let project: Project;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-check-'));
  project = await openProject((await finishedProject(root)).folder);
});
afterAll(async () => {
  await project.close();
  rmSync(root, { recursive: true, force: true });
});

async function verdicts(): Promise<Verdict[]> {
  const found: Verdict[] = [];
  for await (const verdict of checkProject(project, new AbortController().signal)) found.push(verdict);
  return found;
}

it('proves every kind of file of a finished project', async () => {
  const found = await verdicts();
  expect(found.filter(({ state }) => state !== 'sound')).toEqual([]);
  expect(new Set(found.map(({ kind }) => kind))).toEqual(new Set(CHECKED));
});

it('names what is damaged, takes away what is made again, and finds the rest whole', async () => {
  const files = filesIn(project.directory);
  const damaged = [
    /part-0+\.parquet$/,
    /pixels-\d+\/0+\.rgb$/,
    /\.jpg$/,
    /images-0+\.parquet$/,
    /supervised.*metrics\.jsonl$/,
  ];
  for (const [place, pattern] of damaged.entries()) {
    const path = project.path(
      at(
        files.filter((file) => pattern.test(file)),
        0,
      ),
    );
    if (place % 2 === 0) flip(path);
    else cut(path);
  }
  const found = (await verdicts()).filter((verdict) => verdict.state === 'damaged');
  const kinds = found.map(({ kind }) => kind);
  expect(kinds.sort()).toEqual(['classification', 'curve', 'pixels', 'scores', 'thumbnail']);
  const done = new Map<StoredKind, string | undefined>();
  for (const verdict of found) done.set(verdict.kind, await repair(project, verdict));
  expect(done.get('classification')).toBeUndefined();
  expect([...done.values()].filter((sentence) => sentence !== undefined)).toHaveLength(4);
  const left = (await verdicts()).filter((verdict) => verdict.state === 'damaged');
  expect(left.map(({ kind, wayOut }) => `${kind}: ${wayOut}`)).toEqual(['classification: classify the images again']);
});
