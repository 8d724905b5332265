import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Project } from '../../../main/catalogue/project.ts';
import { bring } from '../../../main/pipeline/bring-teacher.ts';
import { exportRun, exportRunTo } from '../../../main/pipeline/export-run.ts';
import { folderName } from '../../../main/pipeline/export-tree.ts';
import type { RunRecord } from '../../../main/pipeline/run-record.ts';
import { COLOURS, colouredProject, runAll } from './coloured-project.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-tree-'));
const out = join(root, 'out');
let project: Project;
let selection: RunRecord;
beforeAll(async () => {
  mkdirSync(out);
  project = await colouredProject(root);
  const rows = COLOURS.flatMap((name) => [0, 1].map((index) => `${name}-${index}.png,${name},0.${9 - index}`));
  writeFileSync(join(root, 'scores.csv'), `path,class,score\n${rows.join('\n')}\n`);
  await bring(project, join(root, 'scores.csv'), {});
  const { select } = (await runAll(project, 'select')).runs;
  if (!select) throw new Error('no selection');
  selection = select;
});
afterAll(async () => {
  await project.close();
  rmSync(root, { recursive: true });
});

const original = (name: string) => readFileSync(join(root, 'unlabelled', name));

test.each(['selectionLinks', 'selectionCopies'] as const)(
  '%s: a folder a class, best first, the images as they are',
  async (format) => {
    const { file, bytes } = await exportRun(project, selection, format, out);
    expect(readdirSync(file).sort()).toEqual([...COLOURS].sort());
    for (const name of COLOURS) {
      const images = readdirSync(join(file, name)).sort();
      expect(images).toEqual([`000001-${name}-0.png`, `000002-${name}-1.png`]);
      for (const [index, image] of images.entries()) {
        expect(readFileSync(join(file, name, image)).equals(original(`${name}-${index}.png`))).toBe(true);
        expect(lstatSync(join(file, name, image)).isSymbolicLink()).toBe(format === 'selectionLinks');
      }
    }
    expect(bytes).toBe(
      COLOURS.flatMap((name) => [0, 1].map((index) => original(`${name}-${index}.png`).length)).reduce((a, b) => a + b),
    );
  },
);

test('shards are archives that tar opens, samples of WebDataset: a picture, its class, what is known of it', async () => {
  const { file } = await exportRun(project, selection, 'selectionShards', out);
  expect(readdirSync(file)).toEqual(['shard-000000.tar']);
  const unpacked = mkdtempSync(join(root, 'unpacked-'));
  execFileSync('tar', ['-xf', join(file, 'shard-000000.tar'), '-C', unpacked]);
  expect(readdirSync(unpacked)).toHaveLength(6 * 4);
  const samples = [0, 1, 2, 3, 4, 5].map((key) => {
    const part = (ending: string) => readFileSync(join(unpacked, `00000000${key}.${ending}`));
    const known = JSON.parse(part('json').toString()) as { path: string; class: string; rank: number };
    expect(part('png').equals(readFileSync(known.path))).toBe(true);
    expect(part('txt').toString()).toBe(known.class);
    return `${part('cls')} ${known.class} ${known.rank}`;
  });
  expect(samples).toEqual(['0 BLUE 1', '0 BLUE 2', '1 Crimson 1', '1 Crimson 2', '2 green 1', '2 green 2']);
});

test('nothing is written over, nothing into a folder of images, and nothing is left of what could not be finished', async () => {
  const taken = join(out, 'taken');
  mkdirSync(taken);
  writeFileSync(join(taken, 'mine.txt'), 'mine');
  await expect(exportRunTo(project, selection, 'selectionCopies', taken)).rejects.toThrow(
    /exists already and is not replaced/,
  );
  expect(readdirSync(taken)).toEqual(['mine.txt']);
  const inside = join(root, 'unlabelled', 'exported');
  await expect(exportRunTo(project, selection, 'selectionLinks', inside)).rejects.toThrow(
    /where nothing is exported to/,
  );
  const away = join(root, 'away.png');
  renameSync(join(root, 'unlabelled', 'green-1.png'), away);
  const whole = join(out, 'unfinished');
  await expect(exportRunTo(project, selection, 'selectionCopies', whole)).rejects.toThrow(
    /green-1\.png is selected and cannot be read now/,
  );
  renameSync(away, join(root, 'unlabelled', 'green-1.png'));
  expect(readdirSync(out).filter((name) => name.startsWith('unfinished'))).toEqual([]);
  expect((await exportRunTo(project, selection, 'selectionCopies', whole)).file).toBe(whole);
  expect(existsSync(join(whole, 'green', '000002-green-1.png'))).toBe(true);
});

test.each([
  ['a/b\\c:d*e?"<>|', 'a_b_c_d_e_____'],
  ['..', 'class'],
  ['', 'class'],
  ['name. ', 'name'],
  ['CON', 'CON_'],
  ['caf\u0065\u0301', 'café'],
  ['日本', '日本'],
])('the class %j is the folder %j', (name, folder) => expect(folderName(name)).toBe(folder));
