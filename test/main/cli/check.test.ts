/** A damaged catalogue, and its repair. */
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { decide, readDecisions } from '../../../main/catalogue/decisions.ts';
import { createProject, openProject } from '../../../main/catalogue/project.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { cli, jsonLines } from '../command-line.ts';
import { writeJpeg } from '../image-files.ts';

let root: string;
let directory: string;
let catalogue: string;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-check-'));
  directory = join(root, 'project');
  catalogue = join(directory, 'catalogue.duckdb');
  await writeJpeg(join(root, 'labelled', 'ant', '0.jpg'), { seed: 1 });
  for (let seed = 2; seed < 8; seed++) await writeJpeg(join(root, 'unlabelled', `unmistakable-${seed}.jpg`), { seed });
  const project = await createProject(directory);
  await importFolder(project, { kind: 'labelled', folder: join(root, 'labelled'), split: 'train' });
  await importFolder(project, { kind: 'unlabelled', folder: join(root, 'unlabelled'), split: null });
  await decide(project.database, { kind: 'label', classId: 0, images: 'SELECT 3 AS image_id' });
  await decide(project.database, { kind: 'veto', classId: 0, images: 'SELECT 5 AS image_id' });
  await project.close();
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function expectDecisions(): Promise<void> {
  const project = await openProject(directory);
  const { labels, vetoes } = await readDecisions(project.database);
  expect([[...labels.imageIds], [...vetoes.imageIds]]).toEqual([[3], [5]]);
  expect((await project.catalogue.unlabelledImages()).length).toBe(5);
  await project.close();
}

it('that cannot be opened: --repair restores labels and vetoes', async () => {
  truncateSync(catalogue, 20_000);
  const status = await cli('status', directory);
  expect(status.code).toBe(1);
  expect(status.stderr).toMatch(/The catalogue is damaged \(.*understudy check .* --repair\)\.\n$/);
  const found = await cli('check', directory);
  expect([found.code, found.stdout]).toEqual([1, expect.stringMatching(/^The catalogue is damaged .*--repair\)\.\n$/)]);
  const repaired = await cli('check', directory, '--repair');
  expect(repaired.stdout).toMatch(/was restored from its copy of .*, with all labels and decisions\. The damaged one/);
  expect(repaired.code).toBe(0);
  await expectDecisions();
});

it('with a damaged block that opening does not read: a sentence, and the same remedy', async () => {
  const bytes = readFileSync(catalogue);
  const place = bytes.indexOf('unmistakable-');
  expect(place).toBeGreaterThan(0);
  bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
  writeFileSync(catalogue, bytes);
  const run = await cli('run', directory, '--device', 'cpu');
  expect([run.code, run.stderr]).toEqual([1, expect.stringMatching(/The catalogue is damaged \(.*--repair\)\.\n$/)]);
  const found = await cli('check', directory, '--json');
  expect(found.code).toBe(1);
  expect(jsonLines(found)).toContainEqual(
    expect.objectContaining({ event: 'damage', kind: 'catalogue', repaired: null }),
  );
  const repaired = await cli('check', directory, '--repair');
  expect([repaired.code, repaired.stderr]).toEqual([0, '']);
  expect((await cli('check', directory)).code).toBe(0);
  await expectDecisions();
});
