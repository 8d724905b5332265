/**
 * A list of any length of which only what is in sight is requested, page by page; requests for what was scrolled past are
 * cancelled.
 */
import { type QueryKey, useQueries, useQueryClient } from '@tanstack/react-query';
import type { ClientResponse } from 'hono/client';
import { read } from '../client.ts';
import { PAGE, type PagesInSight, pageOf, usePagesInSight } from './pages-in-sight.ts';

export interface PageOf<Item> {
  readonly total: number;
  readonly images: readonly Item[];
}

export interface Pages<Item> extends Pick<PagesInSight, 'show'> {
  /** Undefined before the first page. */
  readonly total: number | undefined;
  readonly error: Error | null;
  itemAt(index: number): Item | undefined;
}

type Ask<Item> = (
  page: { readonly offset: number; readonly limit: number },
  init: { readonly init: { readonly signal: AbortSignal } },
) => Promise<ClientResponse<PageOf<Item>>>;

/** Another `key` is another list. */
export function usePages<Item>(key: QueryKey, ask: Ask<Item>): Pages<Item> {
  const client = useQueryClient();
  const { pages, show } = usePagesInSight();
  const results = useQueries({
    queries: pages.map((page) => ({
      queryKey: [...key, page],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        read<PageOf<Item>>(ask({ offset: page * PAGE, limit: PAGE }, { init: { signal } })),
    })),
  });
  const known = results.find(({ data }) => data !== undefined)?.data;
  const held = (page: number) => client.getQueryData<PageOf<Item>>([...key, page]);
  return {
    total: (known ?? held(0))?.total,
    error: results.find(({ error }) => error !== null)?.error ?? null,
    itemAt: (index) => held(pageOf(index))?.images[index % PAGE],
    show,
  };
}
