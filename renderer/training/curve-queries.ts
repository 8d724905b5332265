/** Curves of runs: read once, then grown by what the event stream brings (`live-events.ts` appends to the same key). */
import { useQueries, useQuery } from '@tanstack/react-query';
import type { TrainingPoint } from '../../main/api/contract.ts';
import { at } from '../../main/at.ts';
import { api, read } from '../client.ts';

export type Curves = Readonly<Record<string, readonly TrainingPoint[]>>;

/** By run id; runs whose curve has not arrived yet are left out. */
export function useCurves(projectId: string, runIds: readonly string[]): { curves: Curves; loading: boolean } {
  return useQueries({
    queries: runIds.map((runId) => ({
      queryKey: ['project', projectId, 'curve', runId],
      queryFn: () =>
        read(api.projects[':project'].runs[':run'].curve.$get({ param: { project: projectId, run: runId } })),
    })),
    combine: (results) => ({
      curves: Object.fromEntries(
        results.flatMap(({ data }, place) => (data ? [[at(runIds, place), data] as const] : [])),
      ),
      loading: results.some(({ isPending }) => isPending),
    }),
  });
}

/** The classes of the outputs of a run's network. */
export function useRunClasses(projectId: string, runId: string) {
  return useQuery({
    queryKey: ['project', projectId, 'classes', 'of run', runId],
    queryFn: () =>
      read(api.projects[':project'].runs[':run'].classes.$get({ param: { project: projectId, run: runId } })),
  });
}
