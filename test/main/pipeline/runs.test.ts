import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadImageSet, saveImageSet } from '../../../main/catalogue/image-set.ts';
import type { Project } from '../../../main/catalogue/project.ts';
import { adoptRunFiles } from '../../../main/catalogue/run-files.ts';
import type { RunRecord } from '../../../main/pipeline/run-record.ts';
import { nextSequence, readRun, readRuns, secondsOf, verifyRun, writeRun } from '../../../main/pipeline/runs.ts';
import { newProject } from '../catalogue/project-builder.ts';
import { cut, empty, flip, remove, swapWith } from '../damages.ts';

let project: Project;
beforeAll(async () => {
  project = await newProject();
});
afterAll(async () => {
  await project.close();
});

const record: RunRecord = {
  id: 'teacher-1',
  stage: 'teacher',
  key: 'abc',
  parents: [],
  state: 'succeeded',
  reason: null,
  seed: 1,
  recipe: { teacher: { width: 16 } },
  engine: 'onnxruntime',
  device: 'cpu',
  versions: { understudy: '0.1.0' },
  startedAt: '2026-01-02T00:00:00.000Z',
  finishedAt: '2026-01-02T00:01:00.000Z',
  metrics: { top1: 0.5 },
};

async function write(run: RunRecord): Promise<void> {
  mkdirSync(project.path('runs', run.id), { recursive: true });
  await writeRun(project, run);
}

it('reads runs as they were written, the oldest first, and says of each damaged one that it is left out', async () => {
  const earlier = { ...record, id: 'label-1', stage: 'label', startedAt: '2026-01-01T00:00:00.000Z' } as const;
  await write(record);
  await write(earlier);
  for (const [id, text] of [
    ['broken', '{"id": "bro'],
    ['foreign', '{"id": 7}'],
  ] as const) {
    mkdirSync(project.path('runs', id));
    writeFileSync(project.path('runs', id, 'run.json'), text);
  }
  mkdirSync(project.path('runs', 'empty'));
  writeFileSync(project.path('runs', 'notes.txt'), 'mine');
  expect(await readRuns(project)).toEqual([earlier, record]);
  expect(await readRun(project, 'broken')).toBeUndefined();
  expect(await readRun(project, 'nowhere')).toBeUndefined();
  const notes = project.notes.take();
  expect(
    notes.filter((note) => /^The record of the run (broken|foreign) is damaged .* left out\.$/.test(note)),
  ).toEqual(notes);
  expect(notes).toHaveLength(2);
  for (const id of ['broken', 'foreign']) rmSync(project.path('runs', id), { recursive: true });
});

it.each([
  ['a flipped byte', flip],
  ['a cut', cut],
  ['emptiness', empty],
  ['loss', remove],
  ['another run’s record', (path: string) => swapWith(join(path, '../../label-1/run.json'))(path)],
])('a record is written again from its copy after %s', async (what, damage) => {
  const kept = { ...record, id: `teacher after ${what}` };
  await write(kept);
  await write({ ...record, id: 'label-1', stage: 'label' });
  const path = project.path('runs', kept.id, 'run.json');
  const before = readFileSync(path, 'utf8');
  damage(path);
  expect(await readRun(project, kept.id)).toEqual(kept);
  expect(project.notes.take().join()).toMatch(/^The record of the run teacher after .* was .* again from its copy\.$/);
  expect(readFileSync(path, 'utf8')).toBe(before);
  damage(path.replace('run.json', 'run-copy.json'));
  expect(await readRun(project, kept.id)).toEqual(kept);
});

it('a record without a checksum is accepted only from a version without checksums', async () => {
  await write(record);
  const path = project.path('runs', record.id, 'run.json');
  rmSync(path.replace('run.json', 'run-copy.json'));
  writeFileSync(path, JSON.stringify(record));
  expect(await readRun(project, record.id)).toBeUndefined();
  rmSync(project.path('runs', record.id, 'checksums.json'), { force: true });
  await adoptRunFiles(project.path('runs', record.id));
  expect(await readRun(project, record.id)).toEqual(record);
  expect(readFileSync(path, 'utf8')).toContain('"checksum"');
});

it('gives a verdict on the record, its copy and each file of a run', async () => {
  await write(record);
  const images = { imageIds: Int32Array.of(1), classIds: Int32Array.of(0) };
  await saveImageSet(project, record.id, 'trained-on', images);
  const verdicts = async () => {
    const found: string[] = [];
    for await (const { state, path } of verifyRun(project, record.id)) found.push(`${basename(path)} ${state}`);
    return found;
  };
  expect(await verdicts()).toEqual(['run.json sound', 'run-copy.json sound', 'trained-on.parquet sound']);
  for (const name of ['run-copy.json', 'trained-on.parquet']) flip(project.path('runs', record.id, name));
  expect(await verdicts()).toEqual(['run.json sound', 'run-copy.json damaged', 'trained-on.parquet damaged']);
});

it('keeps the images of a run in their order', async () => {
  await write(record);
  const images = { imageIds: Int32Array.of(7, 2, 2, 900_000), classIds: Int32Array.of(0, 1, 3, 0) };
  await saveImageSet(project, record.id, 'trained-on', images);
  expect(await loadImageSet(project, record.id, 'trained-on')).toEqual(images);
  const none = { imageIds: new Int32Array(), classIds: new Int32Array() };
  await saveImageSet(project, record.id, 'trained-on', none);
  expect(await loadImageSet(project, record.id, 'trained-on')).toEqual(none);
});

it('keeps the order in which runs were made while the clock jumps, and no time is negative', async () => {
  const other = await newProject();
  try {
    const times = ['2026-06-01', '2026-01-01', '2031-01-01', '2026-01-02'].map((day) => `${day}T00:00:00.000Z`);
    for (const [index, startedAt] of times.entries()) {
      const id = `label-${index}`;
      mkdirSync(other.path('runs', id), { recursive: true });
      // The first is from a version that stored only the time.
      const sequence = index === 0 ? {} : { sequence: await nextSequence(other) };
      await writeRun(other, { ...record, id, stage: 'label', startedAt, finishedAt: times[1] ?? null, ...sequence });
    }
    const runs = await readRuns(other);
    expect(runs.map(({ id }) => id)).toEqual(['label-0', 'label-1', 'label-2', 'label-3']);
    expect(runs.map(secondsOf)).toEqual([0, 0, 0, 0]);
  } finally {
    await other.close();
  }
});
