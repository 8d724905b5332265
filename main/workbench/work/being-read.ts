/** Why no training can start while sources are still being read: what is not there yet is not missing. */
import type { Job } from '../contract/jobs.ts';

/** `unfit` is the current verdict on the collection; `jobs` are those of the project. */
export function unfitNow(unfit: string | null, jobs: readonly Pick<Job, 'kind' | 'state' | 'title'>[]): string | null {
  const reading = jobs.find(
    ({ kind, state }) => kind === 'importFolder' && (state === 'running' || state === 'queued'),
  );
  if (unfit === null || !reading) return unfit;
  return `Images are still being read (“${reading.title}”): training can start once that is done.`;
}
