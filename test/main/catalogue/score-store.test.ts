import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProject, openProject, type Project } from '../../../main/catalogue/project.ts';
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
    { column_name: 'rank_in_image', column_type: 'USMALLINT' },
  ]);
  expect(await project.database.rows(`SELECT count(*) AS rows FROM ${table}`)).toEqual([{ rows: 8 }]);
});

it('keeps as many classes of an image as there are', async () => {
  const classes = 300;
  await project.scores.writePartition('label-many', 0, {
    imageIds: Int32Array.of(5),
    topP: classes,
    classIds: Uint16Array.from({ length: classes }, (_, place) => place),
    probabilities: Float32Array.from({ length: classes }, (_, place) => 1 / (place + 2)),
  });
  const table = await project.scores.table('label-many');
  expect(await project.database.rows(`SELECT max(rank_in_image) AS last FROM ${table}`)).toEqual([{ last: classes }]);
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

describe('the ranks of a labelling', () => {
  const image = fc.record({
    id: fc.integer({ min: 0, max: 60 }),
    classes: fc.shuffledSubarray([0, 3, 700], { minLength: 1, maxLength: 3 }),
    scores: fc.array(fc.constantFrom(-1.5, -0, 0, 0.25, 0.5, 0.5000001, 1), { minLength: 3, maxLength: 3 }),
  });
  const images = fc.uniqueArray(image, { selector: ({ id }) => id, minLength: 1, maxLength: 40 });
  let runs = 0;

  it('are those of a naive sort, in whatever order the images come, equal scores by image', async () => {
    await fc.assert(
      fc.asyncProperty(images, fc.integer({ min: 1, max: 5 }), async (all, partitions) => {
        const runId = `ranks-${++runs}`;
        const pairs = all.flatMap(({ id, classes, scores }) =>
          classes.map((classId, place) => ({ id, classId, place: place + 1, score: Math.fround(scores[place] ?? 0) })),
        );
        for (let partition = 0; partition < partitions; partition++) {
          const own = all.filter((_, index) => index % partitions === partition);
          await project.scores.writePartition(runId, partition, {
            imageIds: Int32Array.from(own, ({ id }) => id),
            topP: 3,
            classIds: Int32Array.from(own.flatMap(({ classes }) => [...classes, 0, 0].slice(0, 3))),
            probabilities: Float32Array.from(
              own.flatMap(({ classes, scores }) =>
                scores.map((one, place) => (place < classes.length ? one : Number.NaN)),
              ),
            ),
          });
        }
        const known = await project.scores.rankedClasses(runId);
        expect([...known.keys()]).toEqual([0, 3, 700].filter((one) => pairs.some(({ classId }) => classId === one)));
        for (const classId of [0, 3, 700]) {
          const wanted = pairs
            .filter((one) => one.classId === classId)
            .sort((a, b) => b.score - a.score || a.id - b.id);
          const { imageIds, scores, places } = await project.scores.ranking(runId, classId);
          expect([...imageIds]).toEqual(wanted.map(({ id }) => id));
          expect([...scores]).toEqual(wanted.map(({ score }) => score));
          expect([...places]).toEqual(wanted.map(({ place }) => place));
          const ofPlace = known.get(classId) ?? [];
          expect([1, 2, 3].map((place) => ofPlace[place - 1] ?? 0)).toEqual(
            [1, 2, 3].map((place) => wanted.filter((one) => one.place === place).length),
          );
        }
      }),
      { numRuns: 15, seed: 3 },
    );
  });

  it.each(['ranks.bin', 'ranks.json'])(
    'are made again where %s is damaged, which is said, and where scores are written anew',
    async (name) => {
      const runId = `damaged-${name}`;
      await project.scores.writePartition(runId, 0, rows);
      await project.scores.finish(runId, 1);
      await project.scores.rankAll(runId);
      const before = await project.scores.ranking(runId, 1);
      expect([...before.imageIds]).toEqual([4, 9]);
      const path = project.path('scores', runId, name);
      const bytes = readFileSync(path);
      bytes[20] = (bytes[20] ?? 0) ^ 1;
      writeFileSync(path, bytes);
      const verdicts = [];
      for await (const verdict of project.scores.verify(runId)) verdicts.push(verdict);
      expect(verdicts.filter(({ state }) => state === 'damaged')).toMatchObject([
        { path: project.path('scores', runId, 'ranks.bin'), remade: true },
      ]);
      expect(await project.scores.ranking(runId, 1)).toEqual(before);
      await project.scores.rankAll(runId);
      await project.scores.writePartition(runId, 0, { ...rows, imageIds: Int32Array.of(7, 5) });
      expect([...(await project.scores.ranking(runId, 1)).imageIds]).toEqual([5, 7]);
    },
  );
});

it('finds its partitions in a folder whose name contains glob characters', async () => {
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

it('leaves nothing beside its files when several write one partition at once', async () => {
  const writers = Array.from({ length: 4 }, () => project.scores.writePartition('label-4', 0, rows));
  await Promise.all(writers);
  expect(await project.scores.isSound('label-4', 0)).toBe(true);
  expect(readdirSync(project.path('scores', 'label-4')).sort()).toEqual([
    'part-00000.parquet',
    'part-00000.parquet.done',
  ]);
});

it('what a kill left is removed at the next opening', async () => {
  const directory = join(temporaryFolder(), 'project');
  const killed = await createProject(directory);
  await killed.scores.writePartition('label-1', 0, rows);
  await killed.close();
  const left = join(directory, 'scores', 'label-1', 'part-00000.parquet.5f3a.tmp');
  writeFileSync(left, 'half');
  await (await openProject(directory)).close();
  expect(readdirSync(join(directory, 'scores', 'label-1'))).not.toContain('part-00000.parquet.5f3a.tmp');
});
