/** The user's decisions survive the loss of the catalogue. */
import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { verifyCopy } from '../../../main/catalogue/catalogue-copy.ts';
import { changeClass, createClass, mergeClass, readClasses } from '../../../main/catalogue/classes.ts';
import { decide, readDecisions, readHistory, undoAction } from '../../../main/catalogue/decisions.ts';
import { openProject, type Project } from '../../../main/catalogue/project.ts';
import { restoreCatalogue } from '../../../main/catalogue/restore-catalogue.ts';
import { chooseSettings } from '../../../main/catalogue/selection-settings.ts';
import { StoredDataDamaged } from '../../../main/stored-data.ts';
import { cut, flip } from '../damages.ts';
import { startChild } from './child-process.ts';
import { image, newProject, scan, temporaryFolder } from './project-builder.ts';

let project: Project;
/** Images 0 and 1 are labelled a and b; 2 to 7 are unlabelled. */
beforeEach(async () => {
  project = await newProject();
  const labelled = await project.catalogue.addSource({ kind: 'labelled', folder: temporaryFolder(), split: 'train' });
  await scan(project, labelled, [image('a/1.jpg'), image('b/1.jpg')]);
  const unlabelled = await project.catalogue.addSource({ kind: 'unlabelled', folder: temporaryFolder(), split: null });
  const images = Array.from({ length: 6 }, (_, index) => image(`${index}.jpg`));
  await scan(project, unlabelled, images, [{ relativePath: 'x.jpg', reason: 'it is no image' }]);
});

async function act(kind: 'veto' | 'pin' | 'label', classId: number, ids: readonly number[]): Promise<void> {
  await decide(project.database, { kind, classId, images: `SELECT unnest([${ids.join()}]) AS image_id` });
}

/** Every row of every table, and what is derived from them. */
async function everything({ database, catalogue }: Project): Promise<unknown> {
  const tables = await database.rows("SELECT table_name AS name FROM duckdb_tables() WHERE schema_name = 'main'");
  const names = tables.map(({ name }) => String(name)).sort();
  const rows = await Promise.all(names.map((name) => database.rows(`SELECT * FROM "${name}" ORDER BY ALL`)));
  return {
    rows: names.map((name, index) => [name, rows[index]]),
    decisions: await readDecisions(database),
    history: await readHistory(database),
    classes: await readClasses(database),
    labelled: await catalogue.labelledImages('train'),
    summary: await catalogue.summary(),
  };
}

async function decideMuch(): Promise<void> {
  await act('veto', 0, [2, 3]);
  await act('label', 1, [4]);
  await act('pin', 0, [5]);
  const third = await createClass(project.database, 'c');
  await changeClass(project.database, third, { name: 'sea', colour: '#123456', key: 's' });
  await mergeClass(project.database, third, 1);
  await act('label', 0, [6]);
  await undoAction(project.database);
  await chooseSettings(project.database, { k: 7 });
  await project.database.run("INSERT INTO spot_checks VALUES ('label-1', 0, 2, 5, false, 1, now() AT TIME ZONE 'UTC')");
}

it('brings back labels, vetoes, classes and numbers of images, whatever happened to the catalogue', async () => {
  await decideMuch();
  const wanted = await everything(project);
  await project.close();
  const path = project.path('catalogue.duckdb');
  const whole = readFileSync(path);
  const damages: (() => void)[] = [
    () => writeFileSync(path, 'this is no database'),
    () => truncateSync(path, 0),
    () => truncateSync(path, Math.floor(whole.length / 2)),
    () => rmSync(path),
    () => flip(path, 0, 4096),
  ];
  for (const [number, damage] of damages.entries()) {
    damage();
    await expect(openProject(project.directory), `damage ${number}`).rejects.toThrow(
      /^The catalogue is damaged \(.*\): bring it back from its copy \(.*understudy check .* --repair\)\.$/,
    );
    const { behind, aside } = await restoreCatalogue(project.directory);
    expect(behind).toEqual([]);
    expect(aside !== undefined && existsSync(aside)).toBe(number !== 3);
    const again = await openProject(project.directory);
    expect(await everything(again), `damage ${number}`).toEqual(wanted);
    await again.close();
  }
  project = await openProject(project.directory);
  // Ids continue where they were.
  await act('label', 0, [7]);
  const [{ id } = {}] = await project.database.rows('SELECT max(id) AS id FROM actions');
  expect(id).toBe(6);
  await project.close();
});

it('is behind after a kill, known to be so, and written when the project is opened next', async () => {
  await project.close();
  const child = await startChild(
    `
    import { decide } from './catalogue/decisions.ts';
    import { openProject } from './catalogue/project.ts';
    const project = await openProject(process.argv[2]);
    await decide(project.database, { kind: 'label', classId: 1, images: 'SELECT 3 AS image_id' });
    console.log('labelled');
    setInterval(() => {}, 1000);
  `,
    project.directory,
  );
  await child.said('labelled');
  child.process.kill('SIGKILL');
  await child.ended;
  const marker = project.path('catalogue-copy', 'decisions-behind');
  // A slow machine may have written the copy before the kill.
  const wasBehind = existsSync(marker);
  const again = await openProject(project.directory);
  const wanted = await everything(again);
  await again.close();
  expect(existsSync(marker)).toBe(false);
  truncateSync(project.path('catalogue.duckdb'), 5000);
  const restored = await restoreCatalogue(project.directory);
  expect(restored.behind, `behind before: ${wasBehind}`).toEqual([]);
  const back = await openProject(project.directory);
  expect(await everything(back)).toEqual(wanted);
  expect([...(await readDecisions(back.database)).labels.imageIds]).toEqual([3]);
  await back.close();
});

it('leaves nothing of a list that a kill cut off', async () => {
  const half = project.path('catalogue-copy', 'copy.json.0a1b2c3d.tmp');
  writeFileSync(half, '{');
  await act('veto', 0, [2]);
  await project.close();
  expect(existsSync(half)).toBe(false);
});

it('refuses a log with a changed byte or a lost end, or has every decision', async () => {
  await project.close();
  const child = await startChild(
    `
    import { decide } from './catalogue/decisions.ts';
    import { openProject } from './catalogue/project.ts';
    const project = await openProject(process.argv[2]);
    const { database } = project;
    for (const id of [2, 3, 4]) {
      await decide(database, { kind: 'label', classId: 1, images: 'SELECT ' + id + ' AS image_id' });
      await decide(database, { kind: 'veto', classId: 0, images: 'SELECT ' + (id + 3) + ' AS image_id' });
    }
    await project.copy.write();
    console.log('labelled');
    setInterval(() => {}, 1000);
  `,
    project.directory,
  );
  await child.said('labelled');
  child.process.kill('SIGKILL');
  await child.ended;
  const names = ['catalogue.duckdb', 'catalogue.duckdb.wal'];
  const whole = names.map((name) => [project.path(name), readFileSync(project.path(name))] as const);
  const log = project.path('catalogue.duckdb.wal');
  const parts = 12;
  const damages = Array.from({ length: parts }, (_, part) => [
    () => flip(log, part / parts),
    () => cut(log, part / parts),
  ]).flat();
  let refused = 0;
  for (const [number, damage] of [...damages, () => rmSync(log)].entries()) {
    for (const [path, content] of whole) writeFileSync(path, content);
    damage();
    try {
      const opened = await openProject(project.directory);
      const { labels, vetoes } = await readDecisions(opened.database);
      expect([[...labels.imageIds], [...vetoes.imageIds]], `damage ${number}`).toEqual([
        [2, 3, 4],
        [5, 6, 7],
      ]);
      await opened.close();
    } catch (error) {
      expect(error, `damage ${number}`).toBeInstanceOf(StoredDataDamaged);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(parts);
});

it('notices a catalogue that lost what was written: an older file in its place', async () => {
  await project.close();
  const older = join(temporaryFolder(), 'older.duckdb');
  copyFileSync(project.path('catalogue.duckdb'), older);
  project = await openProject(project.directory);
  await act('veto', 0, [2, 3]);
  await project.close();
  copyFileSync(older, project.path('catalogue.duckdb'));
  await expect(openProject(project.directory)).rejects.toThrow(/its table \w+ has 0 rows instead of \d+/);
  await restoreCatalogue(project.directory);
  const again = await openProject(project.directory);
  expect((await readDecisions(again.database)).vetoes.imageIds).toHaveLength(2);
  await again.close();
});

it('proves itself, is written again where it is damaged, and brings nothing back from garbage', async () => {
  await decideMuch();
  await project.close();
  const folder = project.path('catalogue-copy');
  const files = readdirSync(folder).filter((name) => !name.endsWith('-behind'));
  expect(files.length).toBeGreaterThan(8);
  for (const name of files) {
    const whole = readFileSync(join(folder, name));
    flip(join(folder, name));
    const [verdict] = await verdicts();
    expect(verdict, name).toMatchObject({ state: 'damaged', remade: true, kind: 'catalogue' });
    const before = readFileSync(project.path('catalogue.duckdb'));
    await expect(restoreCatalogue(project.directory), name).rejects.toThrow(StoredDataDamaged);
    expect(readFileSync(project.path('catalogue.duckdb')).equals(before)).toBe(true);
    writeFileSync(join(folder, name), whole);
  }
  flip(join(folder, at(files, 0)));
  project = await openProject(project.directory);
  await project.copy?.writeAgain();
  await project.close();
  expect((await verdicts()).map(({ state }) => state)).toEqual(['sound']);
  expect(readdirSync(folder)).toHaveLength(files.length);
});

async function verdicts() {
  const found = [];
  for await (const verdict of verifyCopy(project.directory)) found.push(verdict);
  return found;
}
