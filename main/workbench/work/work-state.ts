/**
 * The one state of a piece of work, wherever it is shown. What a run's record says last is not always what holds: a process
 * that died left `running` behind, and a stop is `cancelled` there, whether it was a pause or the end. The job that works on
 * it knows; where there is none, nobody does.
 */
import type { RunRecord } from '../../pipeline/run-record.ts';
import type { Job, JobState } from '../contract/jobs.ts';

/** `jobs` of the run's project, the newest first. */
export function stateOfRun(
  { id, state }: Pick<RunRecord, 'id' | 'state'>,
  jobs: readonly Pick<Job, 'runId' | 'state'>[],
): JobState {
  if (state === 'succeeded' || state === 'failed') return state;
  const job = jobs.find(({ runId }) => runId === id);
  // A job that is done went on without this run, or was done with it before its record was written.
  if (job && job.state !== 'succeeded') return job.state;
  return state === 'running' ? 'interrupted' : state;
}
