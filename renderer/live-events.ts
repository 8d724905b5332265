/**
 * Keeps what the pages show true: every change in the workbench arrives as an event and refreshes the queries that it is
 * about. When the stream broke and is there again, everything is refreshed, since events may have been missed.
 */
import type { QueryClient } from '@tanstack/react-query';
import { create } from 'zustand';
import type { Job, ProjectPart, TrainingPoint, WorkbenchEvent } from '../main/api/contract.ts';
import { browserSurroundings } from './event-stream.ts';
import { shareEvents } from './shared-events.ts';
import { appendPoints } from './training/curve-data.ts';

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

const JOBS = ['jobs'] as const;

/** Listens until the returned function is called. */
export function listenToWorkbench(queries: QueryClient): () => void {
  return shareEvents(browserSurroundings(), (heard) => {
    if (heard.kind === 'lost') {
      useConnection.setState({ state: 'lost' });
      return;
    }
    const { state } = useConnection.getState();
    if (state !== 'connected') useConnection.setState({ state: 'connected' });
    if (state === 'lost' || (heard.kind === 'opened' && state === 'connected')) void queries.invalidateQueries();
    if (heard.kind === 'event') apply(queries, heard.event);
  });
}

function apply(queries: QueryClient, event: WorkbenchEvent): void {
  switch (event.kind) {
    case 'jobChanged':
      queries.setQueryData<readonly Job[]>(JOBS, (jobs) => jobs && withJob(jobs, event.job));
      // A list that was asked for before may come after the event, and would show the job as it was.
      if (queries.isFetching({ queryKey: JOBS }) > 0) void queries.invalidateQueries({ queryKey: JOBS });
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
