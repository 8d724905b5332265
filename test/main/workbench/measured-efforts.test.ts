/** The whole method in one click: its cost is measured first, and then it runs as one job. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keepRecipe, lastRecipe } from '../../../main/pipeline/kept-recipe.ts';
import { applySettings } from '../../../main/pipeline/recipe.ts';
import type { WorkbenchContext } from '../../../main/workbench/context.ts';
import type { EffortsView } from '../../../main/workbench/contract/runs.ts';
import { RunsDesk } from '../../../main/workbench/desks/runs-desk.ts';
import { KnownDevice } from '../pipeline/known-device.ts';
import { newSmallProject } from './small-project.ts';
import { closeContext, until } from './workbench-context.ts';

/** Multiply-adds per second: slow enough that each training has the minimum number of steps. */
const VERY_SLOW = 1e7;

let context: WorkbenchContext;
let projectId: string;
let desk: RunsDesk;
beforeAll(async () => {
  const made = await newSmallProject();
  ({ projectId } = made);
  context = { ...made.context, trials: new KnownDevice(made.context.rates, VERY_SLOW) };
  await keepRecipe(made.project, applySettings(await lastRecipe(made.project), ['engine.device=cpu']));
  desk = new RunsDesk(context);
});
afterAll(() => closeContext(context));

type Measured = Extract<EffortsView, { kind: 'measured' }>;

async function measured(): Promise<Measured> {
  for (;;) {
    const view = await desk.efforts(projectId);
    if (view.kind !== 'measured') throw new Error(`not measured: ${JSON.stringify(view)}`);
    if (view.share === 1) return view;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

it('shows nothing before measuring, then the cost of each of the three, with the quick one chosen on a processor', async () => {
  const first = await desk.efforts(projectId);
  expect(first).toMatchObject({ kind: 'measured', efforts: [], preselected: 'quick' });
  const { efforts, preselected } = await measured();
  expect(preselected).toBe('quick');
  expect(efforts.map(({ name }) => name)).toEqual(['quick', 'balanced', 'best']);
  for (const { estimate, because } of efforts) {
    expect(estimate.seconds).toBeGreaterThan(0);
    expect(estimate.memoryBytes).toBeGreaterThan(0);
    expect(because.length).toBeGreaterThan(0);
  }
});

it('one job, named after the effort, does it all; afterwards it counts as done, whatever is measured', async () => {
  const job = await desk.runEffort(projectId, 'quick');
  expect(job.title).toBe('Quick: teacher, ranks, student and comparison');
  const done = await until(context, job.id, 'succeeded', 'failed', 'cancelled');
  expect(done).toMatchObject({ state: 'succeeded', reason: null });
  expect((await desk.evaluations(projectId)).length).toBe(1);
  const [quick] = (await measured()).efforts;
  expect(quick?.estimate.stages.every((stage) => stage.done)).toBe(true);
});

it('a change of the project causes a new measurement', async () => {
  await measured();
  context.events.tell({ kind: 'projectChanged', projectId, part: 'collection' });
  expect(await desk.efforts(projectId)).toMatchObject({ kind: 'measured', efforts: [] });
});
