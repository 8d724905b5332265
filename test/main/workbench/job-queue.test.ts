import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { ExpectedFailure } from '../../../main/failure.ts';
import type { WorkbenchContext } from '../../../main/workbench/context.ts';
import type { WorkbenchEvent } from '../../../main/workbench/contract/events.ts';
import type { Job } from '../../../main/workbench/contract/jobs.ts';
import { EventHub } from '../../../main/workbench/work/event-hub.ts';
import { JobQueue } from '../../../main/workbench/work/job-queue.ts';
import { JobStore } from '../../../main/workbench/work/job-store.ts';
import type { JobHandle, JobSpec, JobWork } from '../../../main/workbench/work/job-work.ts';
import { PATIENCE } from '../../patience.ts';
import { testClock } from '../test-clock.ts';
import { counted, countingWork } from './counting-work.ts';
import { closeContext, newContext, temporaryFolder, until } from './workbench-context.ts';

class NoRoom extends ExpectedFailure {}

const SPEC = { kind: 'classify', title: 'Work', lane: 'io' } as const satisfies Partial<JobSpec>;
const COMPUTE = { kind: 'classify', title: 'Work', lane: 'compute', hardware: ['processor'] } as const;

/** Work that ends when released, and reports when it starts. */
function gate() {
  let letGo: () => void = () => undefined;
  const open = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const begun = vi.fn();
  const work: JobWork = async () => {
    begun();
    await open;
    return null;
  };
  return { begun, work, letGo };
}

function counting(context: WorkbenchContext, root: string, projectId: string, total: number) {
  const file = join(root, 'counted');
  context.jobs.register('runMethod', countingWork);
  const job = context.jobs.submit({
    ...SPEC,
    kind: 'runMethod',
    lane: 'compute',
    hardware: ['processor'],
    projectId,
    parameters: { file, total },
  });
  return { file, job };
}

it('runs file jobs of one project one after the other, and those of two projects at once', async () => {
  const { context, root, projectId } = await newContext();
  const other = await context.projects.create(join(root, 'other'));
  const [mine, next, theirs] = [gate(), gate(), gate()];
  context.jobs.submit({ ...SPEC, projectId, work: mine.work });
  const last = context.jobs.submit({ ...SPEC, projectId, work: next.work });
  context.jobs.submit({ ...SPEC, projectId: other.id, work: theirs.work });
  await vi.waitFor(() => expect(theirs.begun).toHaveBeenCalled(), PATIENCE);
  expect(mine.begun).toHaveBeenCalled();
  expect(next.begun).not.toHaveBeenCalled();
  for (const { letGo } of [mine, next, theirs]) letGo();
  await until(context, last.id, 'succeeded');
  await closeContext(context);
});

it('pauses at a checkpoint, leaves its lane to others, and continues where it stopped', async () => {
  const { context, root, projectId } = await newContext();
  const { file, job } = counting(context, root, projectId, 100);
  await vi.waitFor(() => expect(counted(file)).toBeGreaterThan(5), PATIENCE);
  expect(context.jobs.act(job.id, 'pause')).toMatchObject({ state: 'running', can: ['cancel'] });
  expect(await until(context, job.id, 'paused')).toMatchObject({ can: ['resume', 'cancel'] });
  const stoppedAt = counted(file);
  expect(stoppedAt).toBeLessThan(100);
  const other = context.jobs.submit({ ...COMPUTE, projectId, work: async () => null });
  await until(context, other.id, 'succeeded');
  context.jobs.act(job.id, 'resume');
  const done = await until(context, job.id, 'succeeded');
  expect(done.result).toEqual({ kind: 'imported', images: 100, problems: 0 });
  expect(context.jobs.log(job.id).map(({ text }) => text)).toEqual([
    'Started.',
    'begins at 0',
    expect.stringMatching(/^Paused/),
    'Started.',
    `begins at ${stoppedAt}`,
    'Done.',
  ]);
  await closeContext(context);
});

it('cancels running and waiting jobs for good', async () => {
  const { context, root, projectId } = await newContext();
  const { file, job } = counting(context, root, projectId, 100_000);
  const waiting = context.jobs.submit({ ...COMPUTE, projectId, work: async () => null });
  expect(context.jobs.act(waiting.id, 'cancel')).toMatchObject({ state: 'cancelled', can: [] });
  await vi.waitFor(() => expect(counted(file)).toBeGreaterThan(0), PATIENCE);
  context.jobs.act(job.id, 'cancel');
  expect(await until(context, job.id, 'cancelled')).toMatchObject({ can: [], result: null });
  expect(() => context.jobs.act(job.id, 'resume')).toThrow('is cancelled and cannot resume now');
  await closeContext(context);
});

it('ends a training early and keeps its result', async () => {
  const { context, root, projectId } = await newContext();
  const { file, job } = counting(context, root, projectId, 100_000);
  await vi.waitFor(() => expect(counted(file)).toBeGreaterThan(0), PATIENCE);
  context.jobs.act(job.id, 'finish');
  const { result } = await until(context, job.id, 'succeeded');
  expect(result).toEqual({ kind: 'imported', images: counted(file), problems: 0 });
  await closeContext(context);
});

it('reports why work failed in its own sentence, logs unexpected errors as bugs with their stacks, and retries', async () => {
  const { context, projectId } = await newContext();
  let tries = 0;
  const work: JobWork = async () => {
    if (tries++ === 0) throw new NoRoom('The disk is full: free some space.');
    return null;
  };
  const expected = context.jobs.submit({ ...SPEC, projectId, work });
  expect(await until(context, expected.id, 'failed')).toMatchObject({ reason: 'The disk is full: free some space.' });
  context.jobs.act(expected.id, 'resume');
  expect(await until(context, expected.id, 'succeeded')).toMatchObject({ reason: null });
  const broken = async () => JSON.parse('{');
  const bug = context.jobs.submit({ ...SPEC, projectId, work: broken });
  expect((await until(context, bug.id, 'failed')).reason).toMatch(/^This is a bug in Understudy \(/);
  const [started, stack, said] = context.jobs.log(bug.id).map(({ text }) => text);
  expect(started).toBe('Started.');
  expect(stack).toMatch(/SyntaxError.*\n +at /);
  expect(said).toMatch(/^This is a bug/);
  await closeContext(context);
});

it('reports every change of state in order, and progress with its rate and the time left', async () => {
  const { context, root, projectId } = await newContext();
  const events: WorkbenchEvent[] = [];
  const over = new AbortController();
  context.events.listen((event) => events.push(event), over.signal);
  const { job } = counting(context, root, projectId, 900);
  await until(context, job.id, 'succeeded');
  const told = events.flatMap((event) => (event.kind === 'jobChanged' && event.job.id === job.id ? [event.job] : []));
  expect([...new Set(told.map(({ state }) => state))]).toEqual(['queued', 'running', 'succeeded']);
  const rates = told.flatMap(({ progress }) => progress?.perSecond ?? []);
  expect(rates.length).toBeGreaterThan(0);
  // It waits 2 ms per step: never more than 500 per second.
  for (const rate of rates) expect(rate).toBeLessThanOrEqual(510);
  // Progress is reported a few times a second, not 900 times.
  expect(told.length).toBeLessThan(100);
  over.abort();
  await closeContext(context);
});

it('reports what stalled work waits for, names its project, and stops with the next step', async () => {
  const clock = testClock();
  const events = new EventHub();
  const jobs = new JobQueue(events, clock);
  await jobs.adopt('birds', 'Birds', join(temporaryFolder(), 'jobs'));
  const over = new AbortController();
  const told: Job[] = [];
  events.listen((event) => event.kind === 'jobChanged' && told.push(event.job), over.signal);
  const { work, begun, letGo } = gate();
  const step = { label: 'Reading', done: 1, total: 2, unit: 'files', detail: '' } as const;
  let handle: JobHandle | undefined;
  const { id } = jobs.submit({
    ...SPEC,
    projectId: 'birds',
    work: async (given) => {
      handle = given;
      given.progress(step, 'folder');
      return await work(given);
    },
  });
  await vi.waitFor(() => expect(begun).toHaveBeenCalled(), PATIENCE);
  clock.pass(20);
  expect(told.at(-1)).toMatchObject({
    projectName: 'Birds',
    stall: expect.stringMatching(/the folder does not respond/),
  });
  handle?.progress({ ...step, done: 2 });
  expect(jobs.list()).toMatchObject([{ id, stall: null }]);
  letGo();
  expect(await jobs.settled(id)).toMatchObject({ state: 'succeeded', stall: null });
  over.abort();
  await jobs.close();
});

it('keeps a bounded history, which can be cleared', async () => {
  const { context, projectId } = await newContext();
  let last = '';
  for (let count = 0; count < 230; count++) {
    last = context.jobs.submit({ ...SPEC, projectId, work: async () => null }).id;
  }
  await until(context, last, 'succeeded');
  const waiting = gate();
  context.jobs.submit({ ...SPEC, projectId, work: waiting.work });
  expect(context.jobs.list()).toHaveLength(201);
  context.jobs.forgetEnded();
  expect(context.jobs.list()).toHaveLength(1);
  waiting.letGo();
  await closeContext(context);
});

it('keeps the order of requests when the clock jumps back', async () => {
  const { context, projectId } = await newContext();
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const ids: string[] = [];
  for (const now of ['2030-01-01', '2026-01-01', '2028-01-01']) {
    vi.setSystemTime(new Date(now));
    const { id } = context.jobs.submit({ ...SPEC, projectId, work: async () => null });
    await until(context, id, 'succeeded');
    ids.push(id);
  }
  expect(context.jobs.list().map(({ id }) => id)).toEqual(ids.toReversed());
  const folder = (await context.projects.opened(projectId)).path('jobs');
  await closeContext(context);
  expect((await new JobStore(folder).read()).map(({ id }) => id)).toEqual(ids);
});
