import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import { newProject, temporaryFolder } from './project-builder.ts';

let project: Project;
beforeAll(async () => {
  project = await newProject();
});
afterAll(async () => {
  await project.close();
});

/** Two images, two classes each. */
const rows = {
  imageIds: Int32Array.of(4, 9),
  topP: 2,
  classIds: Uint16Array.of(1, 0, 1, 40_000),
  probabilities: Float32Array.of(0.75, 0.25, 0.75, 0.125),
};

it('keeps partitions with narrow types, each once however often it is written', async () => {
  await project.scores.writePartition('label-1', 3, rows);
  await project.scores.writePartition('label-1', 0, { ...rows, imageIds: Int32Array.of(1, 2) });
  await project.scores.writePartition('label-1', 3, rows);
  expect(await project.scores.partitions('label-1')).toEqual([0, 3]);
  const table = await project.scores.table('label-1');
  expect(await project.database.rows(`DESCRIBE SELECT * FROM ${table}`)).toMatchObject([
    { column_name: 'image_id', column_type: 'BIGINT' },
    { column_name: 'class_id', column_type: 'USMALLINT' },
    { column_name: 'probability', column_type: 'FLOAT' },
    { column_name: 'rank_in_image', column_type: 'UTINYINT' },
  ]);
  expect(await project.database.rows(`SELECT count(*) AS rows FROM ${table}`)).toEqual([{ rows: 8 }]);
});

it('ranks a class and counts best classes', async () => {
  expect(await project.scores.rank('label-1', { classId: 1, limit: 3 })).toEqual({
    imageIds: Int32Array.of(1, 2, 4),
    probabilities: Float32Array.of(0.75, 0.75, 0.75),
  });
  const without = await project.scores.rank('label-1', { classId: 1, limit: 3, exclude: Int32Array.of(2, 4) });
  expect([...without.imageIds]).toEqual([1, 9]);
  expect((await project.scores.rank('label-1', { classId: 77, limit: 3 })).imageIds).toHaveLength(0);
  expect(await project.scores.classHistogram('label-1')).toEqual([{ classId: 1, images: 4 }]);
});

it('does not count a partition whose file or mark is missing', async () => {
  for (const partition of [0, 1, 2]) await project.scores.writePartition('label-2', partition, rows);
  rmSync(project.path('scores', 'label-2', 'part-00000.parquet'));
  rmSync(project.path('scores', 'label-2', 'part-00001.parquet.done'));
  expect(await project.scores.partitions('label-2')).toEqual([2]);
  expect(await project.scores.partitions('label-3')).toEqual([]);
});

it('finds its partitions in a folder whose name means other names elsewhere', async () => {
  const directory = join(temporaryFolder(), 'pro[j]e*t');
  const odd = await createProject(directory);
  for (const partition of [0, 1]) await odd.scores.writePartition('label-1', partition, rows);
  await odd.scores.finish('label-1', 2);
  const table = await odd.scores.table('label-1');
  expect(table).toContain('part-*.parquet');
  expect(await odd.database.number(`SELECT count(*) FROM ${table}`)).toBe(8);
  await odd.scores.writePartition('label-1', 2, rows);
  expect(await odd.database.number(`SELECT count(*) FROM ${await odd.scores.table('label-1')}`)).toBe(8);
  await odd.close();
});

it('writes over what a kill left and leaves nothing beside its files', async () => {
  mkdirSync(project.path('scores', 'label-4'));
  writeFileSync(project.path('scores', 'label-4', 'part-00000.parquet.tmp'), 'half');
  await project.scores.writePartition('label-4', 0, rows);
  expect(readdirSync(project.path('scores', 'label-4')).sort()).toEqual([
    'part-00000.parquet',
    'part-00000.parquet.done',
  ]);
});
