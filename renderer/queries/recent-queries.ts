/** The projects that were open lately, each with what it holds and what is under way in it. */
import { useQuery } from '@tanstack/react-query';
import { api, read } from '../client.ts';

/** Asked anew each time it is shown: nothing tells a page what happens in a project that is not open. */
export function useRecentProjects({ enabled = true }: { readonly enabled?: boolean } = {}) {
  return useQuery({ queryKey: ['start'], queryFn: () => read(api.start.$get()), staleTime: 0, enabled });
}
