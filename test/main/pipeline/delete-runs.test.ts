import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { createProject, openProject, type Project } from '../../../main/catalogue/project.ts';
import { deleteRun, deletionOf } from '../../../main/pipeline/delete-runs.ts';
import { keepAsTeacher } from '../../../main/pipeline/given-teacher.ts';
import { lastRecipe } from '../../../main/pipeline/kept-recipe.ts';
import type { RunRecord } from '../../../main/pipeline/run-record.ts';
import { readRun, readRuns, writeRun } from '../../../main/pipeline/runs.ts';
import type { StageName } from '../../../main/pipeline/stages.ts';
import { here } from '../command-here.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-delete-'));
let count = 0;
let project: Project;
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(async () => {
  project = await createProject(join(root, String(++count)), { name: 'Birds' });
  await made('teacher', []);
  await made('label', ['teacher-0123']);
  await made('select', ['label-0123']);
  await made('pretrain', ['select-0123']);
  await made('finetune', ['pretrain-0123']);
  await made('evaluate', ['teacher-0123', 'pretrain-0123', 'finetune-0123']);
  mkdirSync(project.path('scores', 'label-0123'));
  writeFileSync(project.path('scores', 'label-0123', 'part-0.parquet'), Buffer.alloc(5000));
  writeFileSync(project.path('report.html'), '');
  await project.database.run(
    "INSERT INTO spot_checks VALUES ('label-0123', 0, 7, 1, true, null, now() AT TIME ZONE 'UTC')",
  );
  return async () => await project.close();
});

async function made(stage: StageName, parents: readonly string[]): Promise<void> {
  const id = `${stage}-0123`;
  const run: RunRecord = {
    ...{ id, stage, key: id, parents: [...parents], state: 'succeeded', reason: null, seed: 0, recipe: {} },
    ...{ engine: 'onnxruntime', device: 'cpu', versions: {}, metrics: {}, sequence: 1 },
    ...{ startedAt: '2026-01-01T00:00:00.000Z', finishedAt: '2026-01-01T00:00:01.000Z' },
  };
  mkdirSync(project.path('runs', id), { recursive: true });
  await writeRun(project, run);
}

const left = async () => (await readRuns(project)).map(({ stage }) => stage).toSorted();
const spotChecks = async () => await project.database.number('SELECT count(*) FROM spot_checks');

it('says what builds on a run and how much disk it frees, and takes nothing along that nobody agreed to', async () => {
  const { dependents, bytes, spotChecks: answers } = await deletionOf(project, 'label-0123');
  expect(dependents.map(({ id }) => id)).toEqual(
    ['evaluate', 'finetune', 'pretrain', 'select'].map((name) => `${name}-0123`),
  );
  expect(bytes).toBeGreaterThan(5000);
  expect(answers).toBe(1);
  await expect(deleteRun(project, 'label-0123', ['evaluate-0123'])).rejects.toThrow(/finetune-0123, pretrain-0123/);
  expect(await left()).toHaveLength(6);
  await expect(deletionOf(project, 'teacher-9999')).rejects.toThrow(/There is no run teacher-9999/);
});

it('deletes a run with all that builds on it: folders, scores, spot-checks, report, and its place in the recipe', async () => {
  await keepAsTeacher(project, 'teacher-0123');
  const agreed = (await deletionOf(project, 'teacher-0123')).dependents.map(({ id }) => id);
  await deleteRun(project, 'teacher-0123', agreed);
  expect(await left()).toEqual([]);
  expect(await spotChecks()).toBe(0);
  for (const gone of ['scores/label-0123', 'deleted/label-0123', 'report.html'])
    expect(existsSync(project.path(gone))).toBe(false);
  expect((await lastRecipe(project)).teacher.run).toBeNull();
  await made('teacher', []);
  expect(await readRun(project, 'teacher-0123')).toMatchObject({ state: 'succeeded' });
});

it('finishes at the next opening what a kill left half-deleted, and leaves alone what was made anew meanwhile', async () => {
  mkdirSync(project.path('deleted'));
  for (const id of ['label-0123', 'select-0123']) renameSync(project.path('runs', id), project.path('deleted', id));
  await made('select', ['label-0123']);
  await project.close();
  project = await openProject(project.directory);
  expect(await left()).toEqual(['evaluate', 'finetune', 'pretrain', 'select', 'teacher']);
  expect(existsSync(project.path('scores', 'label-0123'))).toBe(false);
  expect(existsSync(project.path('deleted', 'label-0123'))).toBe(false);
  expect(await spotChecks()).toBe(0);
});

it('the command line asks, names what goes along, and says what is free', async () => {
  const { directory } = project;
  await project.close();
  const refused = await here('delete', directory, 'finetune-0123', '--yes');
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/evaluate-0123\..*--with-dependents/) });
  expect(await here('delete', directory, 'evaluate-0123')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/--yes/),
  });
  const done = await here('delete', directory, 'finetune-0123', '--yes', '--with-dependents');
  expect(done).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Deleting finetune-0123 .* frees [\d.]+ \w+\. .* made again/),
  });
  expect(await here('keep', directory)).toMatchObject({ code: 1, stderr: expect.stringMatching(/nothing to keep/) });
  expect(await here('keep', directory, 'label-0123')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/trains no network/),
  });
  project = await openProject(directory);
  expect(await left()).toEqual(['label', 'pretrain', 'select', 'teacher']);
});
