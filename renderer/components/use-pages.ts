/** A list of any length of which only what is in sight is asked for, page by page; what was scrolled past is cancelled. */
import { type QueryKey, useQueries, useQueryClient } from '@tanstack/react-query';
import type { ClientResponse } from 'hono/client';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { read } from '../client.ts';

const PAGE = 200;
/** So that a fling past many pages asks for none of them. */
const SETTLED_MS = 70;

export interface PageOf<Item> {
  readonly total: number;
  readonly images: readonly Item[];
}

export interface Pages<Item> {
  /** Undefined before the first page. */
  readonly total: number | undefined;
  readonly error: Error | null;
  itemAt(index: number): Item | undefined;
  /** To be told what is in sight. */
  show(range: { readonly first: number; readonly last: number }): void;
}

type Ask<Item> = (
  page: { readonly offset: number; readonly limit: number },
  init: { readonly init: { readonly signal: AbortSignal } },
) => Promise<ClientResponse<PageOf<Item>>>;

/** Another `key` is another list. */
export function usePages<Item>(key: QueryKey, ask: Ask<Item>): Pages<Item> {
  const client = useQueryClient();
  const [seen, setSeen] = useState({ first: 0, last: 0 });
  const pages = useMemo(() => pagesOf(seen), [seen]);
  const results = useQueries({
    queries: pages.map((page) => ({
      queryKey: [...key, page],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        read<PageOf<Item>>(ask({ offset: page * PAGE, limit: PAGE }, { init: { signal } })),
    })),
  });
  const known = results.find(({ data }) => data !== undefined)?.data;
  const held = (page: number) => client.getQueryData<PageOf<Item>>([...key, page]);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const show = useCallback((range: { readonly first: number; readonly last: number }) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setSeen(range), SETTLED_MS);
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);
  return {
    total: (known ?? held(0))?.total,
    error: results.find(({ error }) => error !== null)?.error ?? null,
    itemAt: (index) => held(Math.floor(index / PAGE))?.images[index % PAGE],
    show,
  };
}

function pagesOf({ first, last }: { readonly first: number; readonly last: number }): number[] {
  const from = Math.floor(first / PAGE);
  return Array.from({ length: Math.floor(last / PAGE) - from + 1 }, (_, at) => from + at);
}
