/**
 * The one state of a piece of work, wherever it is shown. The last state in a run's record may be outdated: a process that died
 * left `running` behind, and a stop is recorded as `cancelled`, whether it was a pause or the end. The job that works on the
 * run knows its state; without a job, a record that says `running` means interrupted.
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
  // A job that succeeded went on without this run, or finished it before its record was written.
  if (job && job.state !== 'succeeded') return job.state;
  return state === 'running' ? 'interrupted' : state;
}
