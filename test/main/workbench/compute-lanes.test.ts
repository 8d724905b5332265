/** Which jobs take turns, and what each of them waits for. */
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { Interrupted } from '../../../main/failure.ts';
import type { WorkbenchContext } from '../../../main/workbench/context.ts';
import type { WorkbenchEvent } from '../../../main/workbench/contract/events.ts';
import type { Job } from '../../../main/workbench/contract/jobs.ts';
import { type ClaimedHardware, hardwareOf } from '../../../main/workbench/work/claim.ts';
import type { JobHandle } from '../../../main/workbench/work/job-work.ts';
import { PATIENCE } from '../../patience.ts';
import { closeContext, newContext, until } from './workbench-context.ts';

const PROCESSOR = ['processor'];
const CARD = ['card 0'];
const OTHER_CARD = ['card 1'];

/** A context with as many projects; jobs run until they are ended. */
async function workshop(projects: number) {
  const { context, root, projectId } = await newContext();
  const ids = [projectId];
  while (ids.length < projects) ids.push((await context.projects.create(join(root, `other-${ids.length}`))).id);
  const ends = new Map<string, () => void>();
  const submit = (title: string, projectId: string | null, hardware: ClaimedHardware) =>
    context.jobs.submit({
      ...{ kind: 'classify', lane: 'compute', title, projectId, hardware },
      work: async ({ signal }) => {
        await new Promise<void>((resolve, reject) => {
          if (signal.aborted) reject(new Interrupted());
          ends.set(title, resolve);
          signal.addEventListener('abort', () => reject(new Interrupted()), { once: true });
        });
        return null;
      },
    });
  /** Resolves when the jobs that waited for it have started. */
  const end = async (job: Job) => {
    await vi.waitFor(() => expect(ends.has(job.title)).toBe(true), PATIENCE);
    ends.get(job.title)?.();
    await until(context, job.id, 'succeeded');
    await new Promise(setImmediate);
  };
  return { context, ids, submit, end };
}

/** In the order of the requests: the title, and what the job waits for or its state. */
function standing(context: WorkbenchContext): Record<string, string> {
  const jobs = context.jobs.list().toReversed();
  return Object.fromEntries(jobs.map(({ title, state, waitsFor }) => [title, waitsFor ? `after ${waitsFor}` : state]));
}

describe('jobs that compute', () => {
  it('on the processor, on a card and on another card run side by side; two on one of them take turns', async () => {
    const { context, ids, submit, end } = await workshop(5);
    const [a = '', b = '', c = '', d = '', e = ''] = ids;
    const first = submit('cpu', a, PROCESSOR);
    const card = submit('card', b, CARD);
    submit('other card', c, OTHER_CARD);
    submit('cpu again', d, PROCESSOR);
    submit('card again', e, CARD);
    expect(standing(context)).toEqual({
      cpu: 'running',
      card: 'running',
      'other card': 'running',
      'cpu again': 'after cpu',
      'card again': 'after card',
    });
    await end(card);
    expect(standing(context)).toMatchObject({ 'cpu again': 'after cpu', 'card again': 'running' });
    await end(first);
    expect(standing(context)).toMatchObject({ 'cpu again': 'running' });
    await closeContext(context);
  });

  it('of one project take turns whatever they compute on, with work on its files beside them', async () => {
    const { context, ids, submit, end } = await workshop(2);
    const [mine = '', other = ''] = ids;
    const first = submit('mine on the processor', mine, PROCESSOR);
    submit('mine on a card', mine, CARD);
    submit('theirs', other, OTHER_CARD);
    context.jobs.submit({ kind: 'export', lane: 'io', title: 'files', projectId: mine, work: async () => null });
    expect(standing(context)).toEqual({
      'mine on the processor': 'running',
      'mine on a card': 'after mine on the processor',
      theirs: 'running',
      files: 'running',
    });
    await end(first);
    expect(standing(context)).toMatchObject({ 'mine on a card': 'running' });
    await closeContext(context);
  });

  it('keep their place: a job that needs all hardware waits for running ones, and later ones wait for it', async () => {
    const { context, ids, submit, end } = await workshop(2);
    const [a = '', b = ''] = ids;
    const training = submit('training', a, PROCESSOR);
    const test = submit('testing the devices', null, null);
    submit('on a free card', b, CARD);
    expect(standing(context)).toEqual({
      training: 'running',
      'testing the devices': 'after training',
      'on a free card': 'after testing the devices',
    });
    await end(training);
    expect(standing(context)).toMatchObject({
      'testing the devices': 'running',
      'on a free card': 'after testing the devices',
    });
    await end(test);
    expect(standing(context)).toMatchObject({ 'on a free card': 'running' });
    await closeContext(context);
  });

  it('wait for another one when the one before them is cancelled, and the page hears of it', async () => {
    const { context, ids, submit } = await workshop(3);
    const [a = '', b = '', c = ''] = ids;
    const told: string[] = [];
    const over = new AbortController();
    const hear = (event: WorkbenchEvent) => {
      if (event.kind === 'jobChanged' && event.job.title === 'last' && event.job.waitsFor)
        told.push(event.job.waitsFor);
    };
    context.events.listen(hear, over.signal);
    submit('first', a, PROCESSOR);
    const second = submit('second', b, CARD);
    submit('last', c, null);
    expect(standing(context)).toMatchObject({ last: 'after second' });
    context.jobs.act(second.id, 'cancel');
    await until(context, second.id, 'cancelled');
    expect(standing(context)).toMatchObject({ last: 'after first' });
    expect([...new Set(told)]).toEqual(['second', 'first']);
    over.abort();
    await closeContext(context);
  });
});

describe('the device that work turns out to use', () => {
  it('is all that others wait for, once it is chosen', async () => {
    const { context, ids, submit } = await workshop(2);
    const [mine = '', other = ''] = ids;
    let given: JobHandle | undefined;
    let end = () => {};
    const ended = new Promise<null>((resolve) => {
      end = () => resolve(null);
    });
    context.jobs.submit({
      ...{ kind: 'runMethod', lane: 'compute', title: 'automatic', projectId: mine, hardware: null },
      work: async (handle) => {
        given = handle;
        return await ended;
      },
    });
    submit('on the processor', other, PROCESSOR);
    expect(standing(context)).toMatchObject({ 'on the processor': 'after automatic' });
    await vi.waitFor(() => expect(given).toBeDefined(), PATIENCE);
    given?.computesOn('card 0');
    expect(standing(context)).toEqual({ automatic: 'running', 'on the processor': 'running' });
    end();
    await closeContext(context);
  });

  it('is waited for, when it is another than the job was queued for', async () => {
    const { context, ids, submit, end } = await workshop(2);
    const [mine = '', other = ''] = ids;
    const training = submit('training', other, CARD);
    let calls = 0;
    const moved = context.jobs.submit({
      ...{ kind: 'runMethod', lane: 'compute', title: 'moved', projectId: mine, hardware: PROCESSOR },
      work: async (job) => {
        calls++;
        job.computesOn('card 0');
        return null;
      },
    });
    await until(context, moved.id, 'queued');
    expect(standing(context)).toEqual({ training: 'running', moved: 'after training' });
    expect(calls).toBe(1);
    await end(training);
    await until(context, moved.id, 'succeeded');
    expect(calls).toBe(2);
    await closeContext(context);
  });

  it('is known by its name, also through another engine', () => {
    expect(hardwareOf('cpu')).toEqual(['processor']);
    expect(hardwareOf('tensorflow')).toEqual(['processor']);
    expect(hardwareOf('cuda')).toEqual(['card 0']);
    expect(hardwareOf('cuda:1')).toEqual(['card 1']);
  });
});
