/** Recently opened projects, each with its summary and the work in progress. */
import { useQuery } from '@tanstack/react-query';
import { api, read } from '../client.ts';

/** Fetched each time it is shown: a page gets no events of projects that are not open. */
export function useRecentProjects({ enabled = true }: { readonly enabled?: boolean } = {}) {
  return useQuery({ queryKey: ['start'], queryFn: () => read(api.start.$get()), staleTime: 0, enabled });
}
