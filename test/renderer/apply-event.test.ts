import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { expect, it, vi } from 'vitest';
import type { Job } from '../../main/api/contract.ts';
import { decisionsOf, sentInTurn } from '../../renderer/acts/sent-in-turn.ts';
import { applyEvent } from '../../renderer/shell/apply-event.ts';
import { PATIENCE } from '../patience.ts';

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

it('shows a job as ended even if a list requested earlier arrives after the event', async () => {
  const queries = new QueryClient();
  let come: (jobs: Job[]) => void = () => {};
  const late = new Promise<Job[]>((resolve) => {
    come = resolve;
  });
  const answers = [Promise.resolve([job('running')]), late];
  const asked = vi.fn(() => answers.shift() ?? Promise.reject(new Error('asked once more')));
  const stop = new QueryObserver(queries, { queryKey: ['jobs'], queryFn: asked }).subscribe(() => {});
  const shown = () => queries.getQueryData<Job[]>(['jobs'])?.map(({ state }) => state);
  await vi.waitFor(() => expect(shown()).toEqual(['running']), PATIENCE);
  void queries.invalidateQueries({ queryKey: ['jobs'] });
  await vi.waitFor(() => expect(asked).toHaveBeenCalledTimes(2), PATIENCE);
  applyEvent(queries, { kind: 'jobChanged', job: job('succeeded') });
  expect(shown()).toEqual(['succeeded']);
  come([job('running')]);
  await vi.waitFor(() => expect(queries.isFetching()).toBe(0), PATIENCE);
  expect(shown()).toEqual(['succeeded']);
  expect(asked).toHaveBeenCalledTimes(2);
  stop();
  queries.clear();
});

it('refetches what a job affects when its state changes, but not with every step', () => {
  const queries = new QueryClient();
  const asked = vi.spyOn(queries, 'invalidateQueries');
  queries.setQueryData<Job[]>(['jobs'], [job('running')]);
  applyEvent(queries, { kind: 'jobChanged', job: job('running') });
  expect(asked).not.toHaveBeenCalled();
  applyEvent(queries, { kind: 'jobChanged', job: job('interrupted') });
  expect(asked).toHaveBeenCalledWith({ queryKey: ['project', 'project', 'runs'] });
  asked.mockClear();
  applyEvent(queries, { kind: 'jobChanged', job: { ...job('running'), id: 'job-2', kind: 'importFolder' } });
  expect(asked).toHaveBeenCalledWith({ queryKey: ['project', 'project', 'collection'] });
});

it('does not revert decisions that a person sees while an answer is in flight', async () => {
  const queries = new QueryClient();
  const asked = vi.spyOn(queries, 'invalidateQueries');
  let answer = () => {};
  const sent = sentInTurn(queries, decisionsOf('project'), () => new Promise<void>((resolve) => (answer = resolve)));
  const decided = { kind: 'projectChanged', projectId: 'project', part: 'decisions' } as const;
  applyEvent(queries, decided);
  expect(asked).not.toHaveBeenCalled();
  applyEvent(queries, { ...decided, projectId: 'another' });
  expect(asked).toHaveBeenCalledWith({ queryKey: ['project', 'another', 'decisions'] });
  await vi.waitFor(() => expect(queries.isMutating()).toBe(1), PATIENCE);
  answer();
  await sent;
  applyEvent(queries, decided);
  expect(asked).toHaveBeenCalledWith({ queryKey: ['project', 'project', 'ranks'] });
});
