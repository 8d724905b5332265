/**
 * Experiments as a window uses them: the available ones and their cost, one as a job that pauses, its results as they arrive
 * and as files.
 */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Project } from '../../../main/catalogue/project.ts';
import { builtInNames } from '../../../main/experiments/built-in-experiments.ts';
import { lastRecipe } from '../../../main/pipeline/kept-recipe.ts';
import type { WorkbenchContext } from '../../../main/workbench/context.ts';
import type { ExperimentResults } from '../../../main/workbench/contract/experiments.ts';
import { ExperimentsDesk } from '../../../main/workbench/desks/experiments-desk.ts';
import { newSmallProject, TINY } from './small-project.ts';
import { closeContext, until } from './workbench-context.ts';

let context: WorkbenchContext;
let projectId: string;
let project: Project;
let desk: ExperimentsDesk;
beforeAll(async () => {
  ({ context, projectId, project } = await newSmallProject());
  desk = new ExperimentsDesk(context);
});
afterAll(() => closeContext(context));

const ASKED = { recipe: 'demo', set: TINY };
const written = (text: string) => ({ kind: 'written', file: 'k.yaml', text }) as const;
const GRID = written('name: small-k\ntitle: Small K\ngrid: { select.k: [2, 3] }\nseeds: 2');

it('lists the experiments with their cells, and says why one cannot be run', async () => {
  const { builtIn, others, usualSeeds } = await desk.list(projectId, ASKED);
  expect(builtIn.map(({ name }) => name)).toEqual(builtInNames);
  expect([others, usualSeeds]).toEqual([[], 3]);
  const [first] = builtIn;
  expect(first).toMatchObject({ unfit: null, done: false, claim: expect.stringContaining('ResNet-50') });
  expect(first?.cells.length).toBe(4);
  const weak = builtIn.find(({ name }) => name === 'weakly-supervised');
  expect(weak).toMatchObject({ cells: [], unfit: expect.stringContaining('no tags') });
  expect(builtIn.find(({ name }) => name === 'targets')?.claim).toBeNull();
});

it('estimates the cost of one, with the seeds of its file or those a person chose', async () => {
  const look = await desk.estimate(projectId, ASKED, GRID, undefined);
  expect(look).toMatchObject({ name: 'small-k', title: 'Small K', against: 'select.k = 2', seeds: 2 });
  expect(look.cells).toEqual(['select.k = 2', 'select.k = 3']);
  expect(look.estimate).toMatchObject({ methods: 4, cells: 2, seeds: 2 });
  expect(look.estimate.diskBytes).toBeGreaterThan(0);
  const asked = { kind: 'builtIn', name: 'fine-tuning' } as const;
  expect((await desk.estimate(projectId, ASKED, asked, 1)).estimate).toMatchObject({ methods: 1, cells: 3 });
});

it.each([
  ['name: x', /k\.yaml is not an experiment: must have either a grid or cells\.$/],
  ['name: x\n  y: [', /k\.yaml is neither YAML nor JSON/],
  ['name: x\ngrid: { select.kk: [1] }', /did you mean “select.k”/],
  ['name: x\ngrid: { seed: [1] }', /the same in all cells/],
])('refuses a file in one sentence: %j', async (text, words) => {
  await expect(desk.estimate(projectId, ASKED, written(text), undefined)).rejects.toThrow(words);
  await expect(desk.start(projectId, ASKED, written(text), undefined)).rejects.toThrow(words);
  expect(context.jobs.list()).toEqual([]);
});

it('reads no recipe file for a page, and knows only the listed experiments', async () => {
  await expect(desk.list(projectId, { recipe: '/etc/passwd', set: [] })).resolves.toMatchObject({
    builtIn: expect.arrayContaining([
      expect.objectContaining({ cells: [], unfit: expect.stringContaining('no recipe') }),
    ]),
  });
  const none = { kind: 'builtIn', name: 'none' } as const;
  await expect(desk.start(projectId, ASKED, none, 1)).rejects.toThrow('There is no experiment “none”');
  expect(await desk.results(projectId, 'small-k')).toBeNull();
  await expect(desk.plot(projectId, 'small-k', 'light')).rejects.toThrow('no results yet');
  await expect(desk.file(projectId, 'small-k', 'cells.csv')).rejects.toThrow('has no file cells.csv');
});

it('shows results as they arrive, pauses and resumes, and keeps them as files to download', async () => {
  const comes: (ExperimentResults | null)[] = [];
  const over = new AbortController();
  const first = new Promise<void>((resolve) => {
    context.events.listen((event) => {
      if (event.kind !== 'projectChanged' || event.part !== 'experiments') return;
      void desk.results(projectId, 'small-k').then((found) => {
        comes.push(found);
        resolve();
      });
    }, over.signal);
  });
  const shares: number[] = [];
  context.events.listen((event) => {
    if (event.kind === 'jobChanged') shares.push(event.job.progress?.whole?.share ?? 0);
  }, over.signal);
  const job = await desk.start(projectId, ASKED, GRID, undefined);
  expect(job).toMatchObject({ kind: 'runExperiment', title: 'Experiment “Small K”' });
  await first;
  context.jobs.act(job.id, 'pause');
  const paused = await until(context, job.id, 'paused', 'succeeded');
  if (paused.state === 'paused') context.jobs.act(job.id, 'resume');
  const done = await until(context, job.id, 'succeeded', 'failed');
  over.abort();
  expect(done).toMatchObject({
    state: 'succeeded',
    reason: null,
    result: { kind: 'experimented', experiment: 'small-k' },
  });
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(shares.at(-1)).toBeGreaterThan(0.5);

  expect(comes[0]).toMatchObject({ verdict: null, savedAt: null, of: 4 });
  expect(comes[0]?.cells[0]).toMatchObject({ name: 'select.k = 2', difference: null, finding: 'unclear' });
  const results = await desk.results(projectId, 'small-k');
  expect(results).toMatchObject({ judged: 4, of: 4, seeds: [0, 1], heldOut: 3, against: 'select.k = 2' });
  expect(results?.verdict).toMatch(/^Compared with “select\.k = 2”, /);
  expect(results?.cells.map(({ runs }) => runs.length)).toEqual([2, 2]);
  expect(results?.cells[1]?.difference?.perSeed.length).toBe(2);

  expect(await desk.plot(projectId, 'small-k', 'dark')).toMatch(/^<svg .*#151514.*<\/svg>\n$/s);
  const text = Buffer.from(await desk.file(projectId, 'small-k', 'cells.csv')).toString();
  expect(text.split('\n')[0]).toMatch(/^cell,model,seeds,top1,/);
  expect(
    Buffer.from(await desk.file(projectId, 'small-k', 'runs.parquet'))
      .subarray(0, 4)
      .toString(),
  ).toBe('PAR1');
  const { others } = await desk.list(projectId, ASKED);
  expect(others).toEqual([{ name: 'small-k', title: 'Small K' }]);
  // The recipe stays the project's, and finished work costs nothing again.
  expect(existsSync(project.path('recipe.json'))).toBe(false);
  expect((await lastRecipe(project)).select.k).toBe('auto');
  const { stages } = (await desk.estimate(projectId, ASKED, GRID, undefined)).estimate;
  expect(stages.every(({ runs, done: finished }) => runs === finished)).toBe(true);
});
