/** Shared by everything that starts long work: the list of jobs is refreshed as soon as work was requested. */
import { useQueryClient } from '@tanstack/react-query';

export const JOBS = ['jobs'] as const;

/** For a mutation that starts a job, or changes one. */
export function useJobsAfter() {
  const client = useQueryClient();
  return { onSettled: () => client.invalidateQueries({ queryKey: JOBS }) };
}
