/** Applies an event to the pages' data: jobs and curves are updated directly, everything else is refetched. */
import type { QueryClient } from '@tanstack/react-query';
import type { Job, ProjectPart, TrainingPoint, WorkbenchEvent } from '../../main/api/contract.ts';
import { decisionsOf, notAnswered } from '../acts/sent-in-turn.ts';
import { JOBS } from '../queries/job-queries.ts';
import { appendPoints } from '../training/curve-data.ts';

/** What else depends on a part: rankings are derived from decisions, settings and runs. */
const ALSO: Readonly<Record<ProjectPart, readonly string[]>> = {
  collection: ['classes', 'ranks'],
  classes: ['collection', 'ranks'],
  decisions: ['collection', 'classes', 'ranks', 'spotChecks'],
  runs: ['ranks', 'selection', 'spotChecks'],
  selection: ['ranks', 'spotChecks'],
  spotChecks: [],
  experiments: [],
};

export function applyEvent(queries: QueryClient, event: WorkbenchEvent): void {
  switch (event.kind) {
    case 'jobChanged':
      refreshWhatItIsAbout(queries, event.job);
      queries.setQueryData<readonly Job[]>(JOBS, (jobs) => jobs && withJob(jobs, event.job));
      // A list requested earlier may arrive after the event, and would show the job's previous state.
      if (queries.isFetching({ queryKey: JOBS }) > 0) repeatOnceAnswered(queries, event.job);
      return;
    case 'projectChanged':
      // The code that sends decisions refetches everything with the last answer: until then the workbench knows less than is
      // shown.
      if (event.part === 'decisions' && notAnswered(queries, decisionsOf(event.projectId)) > 0) return;
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

/** A run's state is that of the work on it, and what a collection lacks depends on what is being read. */
function refreshWhatItIsAbout(queries: QueryClient, { id, kind, projectId, runId, state }: Job): void {
  const known = queries.getQueryData<readonly Job[]>(JOBS)?.find((job) => job.id === id);
  if (projectId === null || (known?.state === state && known.runId === runId)) return;
  const parts = kind === 'importFolder' ? ['collection', 'ranks'] : ['runs'];
  for (const part of parts) void queries.invalidateQueries({ queryKey: ['project', projectId, part] });
}

/**
 * What was received while the list was being fetched. Never a reason to fetch again: a running job changes many times a second.
 */
const heardMeanwhile = new WeakMap<QueryClient, Map<string, Job>>();

function repeatOnceAnswered(queries: QueryClient, job: Job): void {
  const known = heardMeanwhile.get(queries);
  if (known) {
    known.set(job.id, job);
    return;
  }
  const heard = new Map([[job.id, job]]);
  heardMeanwhile.set(queries, heard);
  const stop = queries.getQueryCache().subscribe(() => {
    if (queries.isFetching({ queryKey: JOBS }) > 0) return;
    stop();
    heardMeanwhile.delete(queries);
    for (const changed of heard.values()) {
      queries.setQueryData<readonly Job[]>(JOBS, (jobs) => jobs && withJob(jobs, changed));
    }
  });
}

function withJob(jobs: readonly Job[], changed: Job): readonly Job[] {
  const known = jobs.some(({ id }) => id === changed.id);
  return known ? jobs.map((job) => (job.id === changed.id ? changed : job)) : [changed, ...jobs];
}
