import { existsSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadImageSet } from '../../../main/catalogue/image-set.ts';
import type { Project } from '../../../main/catalogue/project.ts';
import { lastRecipe } from '../../../main/pipeline/kept-recipe.ts';
import { readRun } from '../../../main/pipeline/runs.ts';
import type { WorkbenchContext } from '../../../main/workbench/context.ts';
import type { WorkbenchEvent } from '../../../main/workbench/contract/events.ts';
import type { Job } from '../../../main/workbench/contract/jobs.ts';
import { RunsDesk } from '../../../main/workbench/desks/runs-desk.ts';
import { newSmallProject, TINY, UNLABELLED } from './small-project.ts';
import { closeContext, until } from './workbench-context.ts';

/** Too long to finish within the test. */
const ENDLESS = [...TINY, 'teacher.training.images=40000000', 'engine.checkpointSeconds=0.2'];

let context: WorkbenchContext;
let projectId: string;
let project: Project;
let desk: RunsDesk;
const events: WorkbenchEvent[] = [];
beforeAll(async () => {
  ({ context, projectId, project } = await newSmallProject());
  desk = new RunsDesk(context);
  context.events.listen((event) => events.push(event), new AbortController().signal);
});
afterAll(() => closeContext(context));

const ended = async ({ id }: Job) => await until(context, id, 'succeeded', 'failed', 'cancelled');
const ranIds = (job: Job) => (job.result?.kind === 'ran' ? job.result.runIds : []);

/** Resolves at the next point of a curve. */
async function nextPoint(): Promise<void> {
  const over = new AbortController();
  await new Promise<void>((resolve) => {
    context.events.listen((event) => {
      if (event.kind === 'curveGrew') resolve();
    }, over.signal);
  });
  over.abort();
}

it('ends a long training early and keeps what it has learnt as a run of its own, which is then the teacher', async () => {
  const point = nextPoint();
  const job = await desk.run(projectId, 'teacher', 'demo', ENDLESS);
  await point;
  context.jobs.act(job.id, 'finish');
  const done = await ended(job);
  expect(done).toMatchObject({ state: 'succeeded', reason: null });
  const [id = ''] = ranIds(done);
  const run = await readRun(project, id);
  expect(run?.metrics.imagesProcessed).toBeGreaterThan(0);
  expect(run?.metrics.imagesProcessed).toBeLessThan(40_000_000);
  // It ends between two points of the curve, at any step.
  const points = await desk.curve(projectId, id);
  expect(points.at(-1)?.imagesProcessed).toBeGreaterThan(0);
  expect(points.at(-1)?.imagesProcessed).toBeLessThanOrEqual(run?.metrics.imagesProcessed ?? 0);
  const { endedEarly } = run ?? {};
  expect(endedEarly).toMatchObject({ imagesPlanned: 40_000_000, imagesInEpoch: 12 });
  const infos = await desk.list(projectId);
  expect(infos.find((info) => info.id === id)).toMatchObject({
    ...{ state: 'succeeded', hasModel: true, keepable: false },
    title: expect.stringMatching(/, ended early after [\d.,]+ of 3,333,333 epochs$/),
  });
  // The training itself is not replaced: it can continue where it stopped, and be kept again from there.
  const ordinary = infos.find((info) => info.id === endedEarly?.run);
  expect(ordinary).toMatchObject({ state: 'cancelled', keepable: true, reason: expect.stringContaining(id) });
  expect(await desk.keep(projectId, ordinary?.id ?? '')).toEqual({ runId: id });
  expect((await lastRecipe(project)).teacher.run).toBe(id);
  const further = nextPoint();
  const on = await desk.run(projectId, 'teacher', 'demo', [...ENDLESS, 'teacher.run=null']);
  await further;
  await expect(desk.delete(projectId, id, [])).rejects.toThrow(/is in progress and may need this run/);
  await expect(desk.keep(projectId, ordinary?.id ?? '')).rejects.toThrow(/stop it first/);
  context.jobs.act(on.id, 'cancel');
  expect((await until(context, on.id, 'cancelled')).runId).toBe(endedEarly?.run);
  expect((await desk.curve(projectId, endedEarly?.run ?? '')).length).toBeGreaterThan(points.length);
  await desk.delete(projectId, id, []);
  expect((await lastRecipe(project)).teacher.run).toBeNull();
  expect(await readRun(project, id)).toBeUndefined();
  expect(await desk.keep(projectId, ordinary?.id ?? '')).not.toEqual({ runId: id });
});

it('pauses a training and continues where it stopped', async () => {
  const set = [...ENDLESS, 'seed=7'];
  const point = nextPoint();
  const job = await desk.run(projectId, 'teacher', 'demo', set);
  await point;
  context.jobs.act(job.id, 'pause');
  const paused = await until(context, job.id, 'paused');
  const before = await desk.curve(projectId, paused.runId ?? '');
  const further = nextPoint();
  context.jobs.act(job.id, 'resume');
  await further;
  context.jobs.act(job.id, 'finish');
  const done = await ended(job);
  expect(done).toMatchObject({ state: 'succeeded', reason: null });
  const after = await desk.curve(projectId, ranIds(done)[0] ?? '');
  expect(after.slice(0, before.length)).toEqual(before);
  expect(after.length).toBeGreaterThan(before.length);
});

it('estimates before anything is done: every stage is open and has its time, on a named device, with the split', async () => {
  const { device, stages } = await desk.estimate(projectId, 'evaluate', 'demo', [...TINY, 'seed=3']);
  expect(device).toBe('cpu');
  expect(stages.map(({ stage, done }) => `${stage} ${done}`)).toEqual(
    ['teacher', 'label', 'select', 'supervised', 'pretrain', 'finetune', 'evaluate'].map((stage) => `${stage} false`),
  );
  // One of the five images of each class is held out; four models evaluate them.
  expect(stages.at(-1)?.images).toBe(3 * 4);
  expect(stages.every(({ seconds }) => seconds !== null && seconds > 0)).toBe(true);
  expect(stages.find(({ stage }) => stage === 'label')?.diskBytes).toBeLessThan(1000);
});

it('runs the method; then its estimate shows that everything is done and costs nothing', async () => {
  /** Whether there was a report at every change of the runs. */
  const reports: boolean[] = [];
  const over = new AbortController();
  context.events.listen((event) => {
    if (event.kind === 'projectChanged' && event.part === 'runs') reports.push(existsSync(project.path('report.html')));
  }, over.signal);
  const done = await ended(await desk.run(projectId, 'evaluate', 'demo', TINY));
  over.abort();
  expect(done).toMatchObject({ state: 'succeeded', reason: null });
  expect([reports[0], reports.at(-1)], 'told of anew when it was there').toEqual([false, true]);
  expect(events.some(({ kind }) => kind === 'curveGrew')).toBe(true);
  const steps = events.flatMap((event) =>
    event.kind === 'jobChanged' && event.job.id === done.id ? [event.job.progress] : [],
  );
  const shares = steps.flatMap((step) => step?.whole?.share ?? []);
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(shares.at(-1)).toBeGreaterThan(0.9);
  expect(steps.map((step) => step?.model)).toContain('small-basic, 16 wide');
  const { stages } = await desk.estimate(projectId, 'evaluate', undefined, []);
  expect(stages.map(({ runId }) => runId)).toEqual(ranIds(done));
  expect(stages.every((stage) => stage.done && stage.seconds === 0 && stage.diskBytes === 0)).toBe(true);
});

it('has the newest comparison’s report as a file, as long as there is one', async () => {
  const [newest] = await desk.evaluations(projectId);
  const report = project.path('report.html');
  expect(existsSync(report)).toBe(true);
  expect((await desk.evaluation(projectId, newest?.runId ?? '')).reportFile).toBe(report);
  rmSync(report);
  expect((await desk.evaluation(projectId, newest?.runId ?? '')).reportFile).toBeNull();
});

it('changing the student keeps the teacher, its labels and its selection', async () => {
  const { stages } = await desk.estimate(projectId, 'student', undefined, ['finetune.images=128']);
  expect(stages.filter(({ done }) => !done).map(({ stage }) => stage)).toEqual(['finetune']);
});

it('a network that never ran here is estimated from one that did, and marked as rough', async () => {
  // So many that it takes long on any machine: a duration of a second needs no estimate.
  const long = 'teacher.training.images=1000000';
  const set = [long, 'teacher.model=resnet34', 'teacher.width=null', 'teacher.blocks=null'];
  const { stages, rough } = await desk.estimate(projectId, 'teacher', undefined, set);
  const [own] = (await desk.estimate(projectId, 'teacher', undefined, [long, 'seed=9'])).stages;
  expect(rough).toBe(true);
  expect(stages[0]?.seconds).toBeGreaterThan(own?.seconds ?? Number.POSITIVE_INFINITY);
});

it('trains a teacher further as a run of its own, which labels next', async () => {
  const teacher = (await desk.list(projectId)).find(
    ({ stage, parents }) => stage === 'teacher' && parents.length === 0,
  );
  const done = await ended(await desk.extend(projectId, teacher?.id ?? '', 64));
  expect(done).toMatchObject({ state: 'succeeded', reason: null });
  const extended = (await desk.list(projectId)).find(({ id }) => id === done.runId);
  expect(extended).toMatchObject({
    parents: [teacher?.id],
    title: `${teacher?.title.replace(/ \(.*/, '')} + 64 images`,
  });
  expect((await loadImageSet(project, extended?.id ?? '', 'trained-on')).imageIds.length).toBe(12);
  const labels = await ended(await desk.run(projectId, 'label', undefined, []));
  expect(ranIds(labels)[0]).toBe(extended?.id);
  const [newest] = await desk.list(projectId);
  expect(newest).toMatchObject({ stage: 'label', metrics: { images: UNLABELLED } });
});

it('a student is not trained further, and unknown runs are reported', async () => {
  const student = (await desk.list(projectId)).find(({ stage }) => stage === 'finetune');
  await expect(desk.extend(projectId, student?.id ?? '', 64)).rejects.toThrow('Only a trained teacher');
  for (const asked of [
    () => desk.extend(projectId, 'teacher-000000000000', 64),
    () => desk.curve(projectId, 'teacher-000000000000'),
    () => desk.lineage(projectId, 'teacher-000000000000'),
    () => desk.evaluation(projectId, 'evaluate-000000000000'),
  ]) {
    await expect(asked()).rejects.toThrow(/There is no run/);
  }
});

it('lineage shows which images each run used', async () => {
  const [newest] = await desk.evaluations(projectId);
  const nodes = await desk.lineage(projectId, newest?.runId ?? '');
  const images = (stage: string) => nodes.find(({ run }) => run.stage === stage)?.images;
  expect(nodes[0]?.run.stage).toBe('evaluate');
  expect(images('evaluate')).toEqual([{ use: 'heldOut', count: 3 }]);
  expect(images('teacher')).toEqual([{ use: 'trainedOn', count: 12 }]);
  expect(images('pretrain')?.[0]).toMatchObject({ use: 'trainedOn' });
  expect(images('label')).toEqual([{ use: 'labelled', count: UNLABELLED }]);
});
