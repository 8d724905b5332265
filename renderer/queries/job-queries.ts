/** What whoever asks for long work shares: the list of jobs is read again as soon as it was asked for. */
import { useQueryClient } from '@tanstack/react-query';

export const JOBS = ['jobs'] as const;

/** For a mutation that starts a job, or changes one. */
export function useJobsAfter() {
  const client = useQueryClient();
  return { onSettled: () => client.invalidateQueries({ queryKey: JOBS }) };
}
