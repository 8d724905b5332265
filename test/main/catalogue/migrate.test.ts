import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { backUpCatalogue } from '../../../main/catalogue/back-up-catalogue.ts';
import { Database, NumberTooLarge } from '../../../main/catalogue/database.ts';
import { type Migration, migrate, migrateTo, readVersion } from '../../../main/catalogue/migrate.ts';
import { initial } from '../../../main/catalogue/migrations/0001-initial.ts';
import { decisions } from '../../../main/catalogue/migrations/0002-decisions.ts';
import { classes } from '../../../main/catalogue/migrations/0003-classes.ts';
import { newProject, temporaryFolder } from './project-builder.ts';

const steps: readonly Migration[] = [
  { version: 1, statements: ['CREATE TABLE birds (name VARCHAR UNIQUE)', "INSERT INTO birds VALUES ('wren')"] },
  { version: 2, statements: ['ALTER TABLE birds ADD COLUMN colour VARCHAR', 'CREATE VIEW all_birds AS FROM birds'] },
  { version: 3, statements: ["INSERT INTO birds VALUES ('owl', 'brown')"] },
];

it('applies what is pending, once, after one backup', async () => {
  const folder = temporaryFolder();
  const database = await Database.open(join(folder, 'catalogue.duckdb'));
  const backedUp: number[] = [];
  const backUp = async (version: number) => {
    backedUp.push(version);
    await backUpCatalogue(database, folder, version);
  };
  await migrate(database, backUp, steps.slice(0, 1));
  expect(backedUp).toEqual([]);
  await migrate(database, backUp, steps);
  await migrate(database, backUp, steps);
  expect(backedUp).toEqual([2]);
  expect(await readVersion(database)).toBe(3);
  expect(await database.rows('SELECT name, colour FROM all_birds ORDER BY name')).toEqual([
    { name: 'owl', colour: 'brown' },
    { name: 'wren', colour: null },
  ]);
  database.close();

  const backup = await Database.open(join(folder, 'catalogue.before-v2.duckdb'));
  expect(await readVersion(backup)).toBe(1);
  expect(await backup.rows('FROM birds')).toEqual([{ name: 'wren' }]);
  await expect(backup.run("INSERT INTO birds VALUES ('wren')")).rejects.toThrow(/unique|duplicate/i);
  backup.close();
});

it('leaves the catalogue at the last whole step when one fails', async () => {
  const database = await Database.open(join(temporaryFolder(), 'catalogue.duckdb'));
  const failing = { version: 2, statements: ["INSERT INTO birds VALUES ('owl')", 'INSERT INTO nowhere VALUES (1)'] };
  await expect(migrate(database, async () => {}, [...steps.slice(0, 1), failing])).rejects.toThrow(/nowhere/);
  expect(await readVersion(database)).toBe(1);
  expect(await database.rows('FROM birds')).toEqual([{ name: 'wren' }]);
  database.close();
});

it('backs a real project up with its images, labels and views', async () => {
  const project = await newProject();
  await project.database.run(
    "INSERT INTO sources (id, kind, folder, split) VALUES (0, 'labelled', '/images', 'train')",
  );
  await project.database.run("INSERT INTO classes (id, name, first_name) VALUES (0, 'a', 'a')");
  await project.database.run(
    `INSERT INTO images (id, source_id, relative_path, width_px, height_px, format, bytes, modified_ms, split)
     VALUES (0, 0, 'a/1.jpg', 1, 1, 'jpeg', 1, 1, 'train')`,
  );
  await project.database.run("INSERT INTO labels VALUES (0, 0, 'folder', now() AT TIME ZONE 'UTC')");
  await backUpCatalogue(project.database, project.directory, 2);
  await backUpCatalogue(project.database, project.directory, 2);
  await project.close();
  expect(existsSync(project.path('catalogue.before-v2.duckdb.tmp'))).toBe(false);
  const backup = await Database.open(project.path('catalogue.before-v2.duckdb'));
  expect(await backup.rows('SELECT id, kind FROM usable_images JOIN current_labels ON image_id = id')).toEqual([
    { id: 0, kind: 'labelled' },
  ]);
  backup.close();
});

it('clears problems that an earlier version recorded through the machine’s fault, and no others', async () => {
  const database = await Database.open(join(temporaryFolder(), 'catalogue.duckdb'));
  await migrate(database, async () => {}, [initial, decisions, classes]);
  const problems = [
    "ENOENT: no such file or directory, open '/away/1.jpg'",
    'EIO: i/o error, read',
    "EMFILE: too many open files, open '/images/2.jpg'",
    "UNKNOWN: unknown error, open 'Z:\\\\3.jpg'",
    'is missing: /away/4.jpg',
    'VipsJpeg: premature end of JPEG image',
    'the file is empty',
  ];
  for (const [id, problem] of problems.entries()) {
    await database.run("INSERT INTO images VALUES (?, 0, ?, 1, 1, 'jpeg', 1, 1, NULL, false, ?)", [
      id,
      `${id}.jpg`,
      problem,
    ]);
  }
  await migrate(database, async () => {});
  const left = await database.rows('SELECT problem FROM images WHERE problem IS NOT NULL ORDER BY id');
  expect(left.map(({ problem }) => problem)).toEqual(problems.slice(5));
  database.close();
});

it('gives images of an earlier version ids of 64 bits, and changes nothing else of them', async () => {
  const database = await Database.open(join(temporaryFolder(), 'catalogue.duckdb'));
  await migrateTo(database, 7);
  for (const statement of [
    "INSERT INTO sources (id, kind, folder, split) VALUES (0, 'labelled', '/l', 'train'), (1, 'unlabelled', '/u', NULL)",
    "INSERT INTO classes (id, name, first_name) VALUES (0, 'ant', 'ant'), (1, 'bee', 'bee')",
    `INSERT INTO images SELECT range, range % 2, range || '.jpg', 1, 2, 'jpeg', 3, 4.5, NULL, range = 5, NULL, 7 FROM range(6)`,
    "INSERT INTO labels VALUES (0, 0, 'folder', '2026-01-01')",
    "INSERT INTO actions VALUES (1, 'Label', 1, false, '2026-01-01')",
    "INSERT INTO decisions VALUES (1, 1, 1, 'label'), (1, 3, 0, 'veto')",
    "INSERT INTO spot_checks VALUES ('label-1', 0, 3, 9, true, NULL, '2026-01-01')",
    'INSERT INTO shared_files VALUES (2)',
    'INSERT INTO same_pictures VALUES (2, 0)',
    "INSERT INTO file_contents VALUES (2, 3, 4.5, 'whole', 'x')",
  ]) {
    await database.run(statement);
  }
  const tables = ['images', 'labels', 'decisions', 'spot_checks', 'shared_files', 'same_pictures', 'file_contents'];
  const views = ['usable_images', 'current_labels', 'current_verdicts', 'hand_labels'];
  const all = async () =>
    Object.fromEntries(
      await Promise.all(
        [...tables, ...views].map(async (name) => [name, await database.rows(`FROM ${name} ORDER BY ALL`)] as const),
      ),
    );
  const before = await all();
  expect(before.usable_images).toHaveLength(5);
  await migrateTo(database, 8);
  expect(await all()).toEqual(before);
  await migrate(database, async () => {});
  const kinds = 'SELECT id, kind, source_kind FROM usable_images ORDER BY id';
  const labelled = { kind: 'labelled', source_kind: 'labelled' };
  const unlabelled = { kind: 'unlabelled', source_kind: 'unlabelled' };
  expect(await database.rows(kinds)).toEqual([
    { id: 0, ...labelled },
    { id: 1, ...labelled, source_kind: 'unlabelled' },
    { id: 2, ...labelled },
    { id: 3, ...unlabelled },
    { id: 4, ...labelled },
  ]);
  await database.run(
    `INSERT INTO images SELECT * REPLACE (${2 ** 40} AS id, 'far.jpg' AS relative_path) FROM images LIMIT 1`,
  );
  expect(await database.number('SELECT max(id) FROM usable_images')).toBe(2 ** 40);
  await expect(database.integers('SELECT max(id) FROM images')).rejects.toThrow(NumberTooLarge);
  database.close();
});
