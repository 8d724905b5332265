import { mkdirSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadImageSet, saveImageSet } from '../../../main/catalogue/image-set.ts';
import type { Project } from '../../../main/catalogue/project.ts';
import type { RunRecord } from '../../../main/pipeline/run-record.ts';
import { readRun, readRuns, writeRun } from '../../../main/pipeline/runs.ts';
import { newProject } from '../catalogue/project-builder.ts';

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

it('reads runs as they were written, the oldest first, and passes over what is damaged', async () => {
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
