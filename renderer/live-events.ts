/**
 * Keeps what the pages show true: every change in the workbench arrives as an event and refreshes the queries that it is
 * about. When the stream breaks it is opened again, and then everything is refreshed, since events may have been missed.
 */
import type { QueryClient } from '@tanstack/react-query';
import { create } from 'zustand';
import type { Job, ProjectPart, TrainingPoint, WorkbenchEvent } from '../main/api/contract.ts';
import { appendPoints } from './training/curve-data.ts';

/** Three heartbeats without a word: the server is gone, even if the connection does not say so. */
const SILENCE_MS = 15_000;
const RETRY_MS = 1000;

/** Whether the workbench is heard; `lost` is shown to the person. */
export const useConnection = create<{ state: 'connecting' | 'connected' | 'lost' }>(() => ({ state: 'connecting' }));

/** What else depends on a part: rankings are drawn from decisions, settings and runs. */
const ALSO: Readonly<Record<ProjectPart, readonly string[]>> = {
  collection: ['classes', 'ranks'],
  classes: ['collection', 'ranks'],
  decisions: ['collection', 'classes', 'ranks'],
  runs: ['ranks', 'selection'],
  selection: ['ranks'],
  spotChecks: [],
};

/** Listens until the returned function is called. */
export function listenToWorkbench(queries: QueryClient): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const connect = () => {
    source = new EventSource('/api/events');
    source.addEventListener('heartbeat', heard);
    source.addEventListener('message', ({ data }: MessageEvent<string>) => {
      heard();
      apply(queries, JSON.parse(data) as WorkbenchEvent);
    });
    source.addEventListener('error', () => lose(RETRY_MS));
    waitFor(SILENCE_MS);
  };
  const heard = () => {
    const { state } = useConnection.getState();
    if (state !== 'connected') useConnection.setState({ state: 'connected' });
    if (state === 'lost') void queries.invalidateQueries();
    waitFor(SILENCE_MS);
  };
  const waitFor = (silenceMs: number) => {
    clearTimeout(timer);
    timer = setTimeout(() => lose(0), silenceMs);
  };
  const lose = (retryMs: number) => {
    source?.close();
    useConnection.setState({ state: 'lost' });
    clearTimeout(timer);
    timer = setTimeout(connect, retryMs);
  };
  connect();
  return () => {
    clearTimeout(timer);
    source?.close();
  };
}

function apply(queries: QueryClient, event: WorkbenchEvent): void {
  switch (event.kind) {
    case 'jobChanged':
      queries.setQueryData<readonly Job[]>(['jobs'], (jobs) => jobs && withJob(jobs, event.job));
      return;
    case 'projectChanged':
      for (const part of [event.part, ...ALSO[event.part]]) {
        void queries.invalidateQueries({ queryKey: ['project', event.projectId, part] });
      }
      return;
    case 'curveGrew':
      queries.setQueryData<readonly TrainingPoint[]>(
        ['project', event.projectId, 'curve', event.runId],
        (points) => points && appendPoints(points, event.points),
      );
      return;
    default:
      event satisfies never;
  }
}

function withJob(jobs: readonly Job[], changed: Job): readonly Job[] {
  const known = jobs.some(({ id }) => id === changed.id);
  return known ? jobs.map((job) => (job.id === changed.id ? changed : job)) : [changed, ...jobs];
}
