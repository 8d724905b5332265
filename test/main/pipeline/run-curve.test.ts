import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Project } from '../../../main/catalogue/project.ts';
import { recordRunFiles } from '../../../main/catalogue/run-files.ts';
import { CURVE, readCurve } from '../../../main/pipeline/run-curve.ts';
import { StoredDataDamaged } from '../../../main/stored-data.ts';
import { newProject } from '../catalogue/project-builder.ts';
import { flip } from '../damages.ts';

const ID = 'teacher-0123456789ab';
const POINTS = [8, 16].map((imagesProcessed) => ({ imagesProcessed, loss: 1.5, learningRate: 0.1 }));

let project: Project;
const path = () => project.path('runs', ID, CURVE);
beforeEach(async () => {
  project = await newProject();
  mkdirSync(project.path('runs', ID));
  writeFileSync(path(), POINTS.map((point) => `${JSON.stringify(point)}\n`).join(''));
});
afterEach(() => project.close());

it('is read while it grows, without the line that is being written', async () => {
  appendFileSync(path(), '{"imagesProcessed":2');
  expect(await readCurve(project, { id: ID, state: 'running' })).toEqual(POINTS);
});

it('is proved once its run is over', async () => {
  await recordRunFiles(project.path('runs', ID), [CURVE]);
  expect(await readCurve(project, { id: ID, state: 'succeeded' })).toEqual(POINTS);
  writeFileSync(path(), `${JSON.stringify(POINTS[0])}\n`);
  await expect(readCurve(project, { id: ID, state: 'succeeded' })).rejects.toThrow(
    /^The curve of the run .+ is damaged/,
  );
});

it('is refused in a sentence when a line cannot be read', async () => {
  flip(path(), 0.2);
  await expect(readCurve(project, { id: ID, state: 'running' })).rejects.toThrow(StoredDataDamaged);
});

it('has no point for a run that was not trained here', async () => {
  mkdirSync(project.path('runs', 'teacher-1'));
  expect(await readCurve(project, { id: 'teacher-1', state: 'succeeded' })).toEqual([]);
});
