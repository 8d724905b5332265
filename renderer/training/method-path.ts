/** The path through the method: which steps are done, which is in progress, which is next, and what the others wait for. */
import type { Job, RunInfo } from '../../main/api/contract.ts';

/** Screens of the method in order; labelling by hand is beside it. */
export const pathSteps = ['collection', 'teacher', 'scoring', 'ranks', 'student', 'compare'] as const;
export type PathStep = (typeof pathSteps)[number];
export type StepState = 'done' | 'now' | 'next' | 'waits';

export interface PathFacts {
  /** Whether the collection can be trained on. */
  readonly fit: boolean;
  readonly runs: readonly Pick<RunInfo, 'stage' | 'role' | 'state' | 'hasModel'>[];
  readonly jobs: readonly Pick<Job, 'kind' | 'state'>[];
}

export function pathOf({ fit, runs, jobs }: PathFacts): Readonly<Record<PathStep, StepState>> {
  const succeeded = runs.filter(({ state }) => state === 'succeeded');
  const trained = (role: RunInfo['role']) => succeeded.some((run) => run.role === role && run.hasModel);
  const ranked = succeeded.some(({ stage }) => stage === 'label');
  const student = trained('result');
  const now = stepUnderWay(runs, jobs);
  const done: Readonly<Record<PathStep, boolean>> = {
    collection: fit,
    teacher: trained('teacher'),
    scoring: ranked,
    // Whether viewed or not: a training has used the ranking as it was.
    ranks: ranked && (student || now === 'student'),
    student,
    compare: succeeded.some(({ stage }) => stage === 'evaluate'),
  };
  const next = pathSteps.find((step) => !done[step] && step !== now);
  const stateOf = (step: PathStep): StepState => {
    if (step === now) return 'now';
    if (done[step]) return 'done';
    return step === next && now === undefined ? 'next' : 'waits';
  };
  return {
    collection: stateOf('collection'),
    teacher: stateOf('teacher'),
    scoring: stateOf('scoring'),
    ranks: stateOf('ranks'),
    student: stateOf('student'),
    compare: stateOf('compare'),
  };
}

function stepUnderWay(runs: PathFacts['runs'], jobs: PathFacts['jobs']): PathStep | undefined {
  const running = runs.find(({ state }) => state === 'running');
  if (running?.stage === 'teacher') return 'teacher';
  if (running?.stage === 'label') return 'scoring';
  if (running?.stage === 'evaluate') return 'compare';
  if (running) return 'student';
  return jobs.some(({ kind, state }) => kind === 'importFolder' && state === 'running') ? 'collection' : undefined;
}
