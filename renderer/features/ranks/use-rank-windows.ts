/** The visible part of a class's ranking, in pages; requests for what was scrolled past are cancelled. */
import { keepPreviousData, useQueries, useQueryClient } from '@tanstack/react-query';
import type { RankedItem, RankWindow } from '../../../main/api/contract.ts';
import { api, read } from '../../client.ts';
import { PAGE, type PagesInSight, pageOf, usePagesInSight } from '../../components/pages-in-sight.ts';
import { type ClassRankingRef, classParam, windowsKey } from '../../queries/ranks-queries.ts';

const window = api.projects[':project'].ranks[':labelRun'][':class'].window;

export interface RankWindows extends Pick<PagesInSight, 'show'> {
  /** Null before the first window. */
  readonly head: RankWindow | null;
  readonly error: Error | null;
  itemAt(index: number): RankedItem | undefined;
}

/** With a labelling to compare with, each image has its rank there. */
export function useRankWindows(ref: ClassRankingRef, besideRunId: string | null): RankWindows {
  const client = useQueryClient();
  const { pages, show } = usePagesInSight();
  const results = useQueries({
    queries: pages.map((page) => ({
      queryKey: [...windowsKey(ref), besideRunId, page],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        read(
          window.$get(
            {
              param: classParam(ref),
              query: {
                offset: String(page * PAGE),
                limit: String(PAGE),
                ...(besideRunId === null ? {} : { beside: besideRunId }),
              },
            },
            { init: { signal } },
          ),
        ),
      placeholderData: keepPreviousData<RankWindow>,
    })),
  });
  const itemAt = (index: number): RankedItem | undefined => {
    const held = client.getQueryData<RankWindow>([...windowsKey(ref), besideRunId, pageOf(index)]);
    return held?.items[index % PAGE];
  };
  const own = results.map(({ data }) => data).filter((data) => data !== undefined && data.classId === ref.classId);
  return {
    head: own.at(-1) ?? null,
    error: results.find(({ error }) => error !== null)?.error ?? null,
    itemAt,
    show,
  };
}
