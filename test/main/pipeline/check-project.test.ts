import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Project } from '../../../main/catalogue/project.ts';
import { MODEL, recordRunFiles } from '../../../main/catalogue/run-files.ts';
import { checkProject } from '../../../main/pipeline/check-project.ts';
import { keepRecipe } from '../../../main/pipeline/kept-recipe.ts';
import { loadRecipe } from '../../../main/pipeline/recipe.ts';
import { repair } from '../../../main/pipeline/repair-project.ts';
import type { RunRecord } from '../../../main/pipeline/run-record.ts';
import { readRun, writeRun } from '../../../main/pipeline/runs.ts';
import type { Verdict } from '../../../main/stored-data.ts';
import { newProject } from '../catalogue/project-builder.ts';
import { cut, empty, flip } from '../damages.ts';

const OWN = 'teacher-0123456789ab';
const BROUGHT = 'teacher-ba9876543210';

let project: Project;
beforeEach(async () => {
  project = await newProject();
  for (const id of [OWN, BROUGHT]) {
    mkdirSync(project.path('runs', id));
    await writeRun(project, record(id));
    writeFileSync(project.path('runs', id, MODEL), 'weights '.repeat(100));
    await recordRunFiles(project.path('runs', id), [MODEL], id === BROUGHT ? { broughtIn: 'birds.safetensors' } : {});
  }
  await keepRecipe(project, await loadRecipe('default'));
});
afterEach(() => project.close());

const file = (...parts: string[]) => project.path('runs', ...parts);

async function check(): Promise<{ damaged: Extract<Verdict, { state: 'damaged' }>[]; count: number }> {
  const verdicts: Verdict[] = [];
  for await (const verdict of checkProject(project, new AbortController().signal)) verdicts.push(verdict);
  return { damaged: verdicts.filter((verdict) => verdict.state === 'damaged'), count: verdicts.length };
}

async function repairAll(): Promise<(string | undefined)[]> {
  const { damaged } = await check();
  return await Promise.all(damaged.map((verdict) => repair(project, verdict)));
}

it('finds a whole project whole', async () => {
  const { damaged, count } = await check();
  expect(damaged).toEqual([]);
  expect(count).toBeGreaterThan(7);
});

it('names a damaged model and what to do, and takes it away to be made again', async () => {
  flip(file(OWN, MODEL));
  const { damaged } = await check();
  expect(damaged).toMatchObject([{ kind: 'model', what: `The model of the run ${OWN}`, remade: true }]);
  const [done] = await repairAll();
  expect(done).toContain('was damaged and was removed: run the method again');
  expect(existsSync(file(OWN, MODEL))).toBe(false);
  expect(await readRun(project, OWN)).toMatchObject({ state: 'failed', reason: done });
  expect((await check()).damaged).toEqual([]);
});

it('keeps a damaged model that was brought in, and names the file that it came from', async () => {
  cut(file(BROUGHT, MODEL));
  const { damaged } = await check();
  expect(damaged).toMatchObject([
    { remade: false, wayOut: 'import birds.safetensors again, the file that it came from' },
  ]);
  expect(await repairAll()).toEqual([undefined]);
  expect(existsSync(file(BROUGHT, MODEL))).toBe(true);
  expect((await check()).damaged).toHaveLength(1);
});

it('writes a damaged record of a run again from its copy', async () => {
  empty(file(OWN, 'run.json'));
  expect((await check()).damaged).toMatchObject([{ kind: 'run', damage: 'it is empty' }]);
  await repairAll();
  expect((await check()).damaged).toEqual([]);
  expect(await readRun(project, OWN)).toMatchObject({ state: 'succeeded' });
});

it('leaves an unusable recipe to the user', async () => {
  flip(project.path('recipe.json'));
  expect(await repairAll()).toEqual([undefined]);
  expect(existsSync(project.path('recipe.json'))).toBe(true);
});

function record(id: string): RunRecord {
  return {
    ...{ id, stage: 'teacher', key: id, parents: [], state: 'succeeded', reason: null, seed: 0, recipe: {} },
    ...{ engine: 'onnxruntime', device: 'cpu', versions: {}, metrics: {} },
    ...{ startedAt: '2026-01-01T00:00:00.000Z', finishedAt: '2026-01-01T00:01:00.000Z' },
  };
}
