import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, it, vi } from 'vitest';
import type { Job } from '../../main/api/contract.ts';
import { applyEvent } from '../../renderer/apply-event.ts';

const job = (state: Job['state']): Job => ({
  id: 'job-1',
  kind: 'export',
  projectId: 'project',
  title: 'Exporting',
  state,
  waitsFor: null,
  progress: null,
  reason: null,
  createdAt: '2026-11-25T10:00:00Z',
  startedAt: null,
  finishedAt: null,
  runId: null,
  device: null,
  result: null,
  can: [],
});

it('shows a job as ended, also when a list that was asked for before comes after the event', async () => {
  const queries = new QueryClient();
  let come: (jobs: Job[]) => void = () => {};
  const late = new Promise<Job[]>((resolve) => {
    come = resolve;
  });
  const answers = [Promise.resolve([job('running')]), late];
  const asked = vi.fn(() => answers.shift() ?? Promise.reject(new Error('asked once more')));
  const stop = new QueryObserver(queries, { queryKey: ['jobs'], queryFn: asked }).subscribe(() => {});
  const shown = () => queries.getQueryData<Job[]>(['jobs'])?.map(({ state }) => state);
  await vi.waitFor(() => expect(shown()).toEqual(['running']));
  void queries.invalidateQueries({ queryKey: ['jobs'] });
  await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(2));
  applyEvent(queries, { kind: 'jobChanged', job: job('succeeded') });
  expect(shown()).toEqual(['succeeded']);
  come([job('running')]);
  await vi.waitFor(() => expect(queries.isFetching()).toBe(0));
  expect(shown()).toEqual(['succeeded']);
  expect(asked).toHaveBeenCalledTimes(2);
  stop();
  queries.clear();
});
