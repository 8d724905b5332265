/** The part of a class's ranking that is in sight, in chunks; what was scrolled past before it came is cancelled. */
import { keepPreviousData, useQueries, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { RankedItem, RankWindow } from '../../../main/api/contract.ts';
import { api, read } from '../../client.ts';
import { type ClassRankingRef, classParam, ranksKey } from './ranks-queries.ts';

const CHUNK = 200;
/** So that a fling past thousands of chunks asks for none of them. */
const SETTLED_MS = 70;

const window = api.projects[':project'].ranks[':labelRun'][':class'].window;

export interface RankWindows {
  /** Null before the first window. */
  readonly head: RankWindow | null;
  readonly error: Error | null;
  itemAt(index: number): RankedItem | undefined;
  /** To be told what is in sight. */
  show(range: { readonly first: number; readonly last: number }): void;
}

export function windowsKey(ref: ClassRankingRef) {
  return ranksKey(ref.projectId, ref.labelRunId, 'class', ref.classId, 'window');
}

/** With a labelling beside it, each image says its rank there. */
export function useRankWindows(ref: ClassRankingRef, besideRunId: string | null): RankWindows {
  const client = useQueryClient();
  const [seen, setSeen] = useState({ first: 0, last: 0 });
  const chunks = useMemo(() => chunksOf(seen), [seen]);
  const results = useQueries({
    queries: chunks.map((chunk) => ({
      queryKey: [...windowsKey(ref), besideRunId, chunk],
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        read(
          window.$get(
            {
              param: classParam(ref),
              query: {
                offset: String(chunk * CHUNK),
                limit: String(CHUNK),
                ...(besideRunId === null ? {} : { beside: besideRunId }),
              },
            },
            { init: { signal } },
          ),
        ),
      placeholderData: keepPreviousData<RankWindow>,
    })),
  });

  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const show = useCallback((range: { readonly first: number; readonly last: number }) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setSeen((before) => (sameChunks(before, range) ? before : range)), SETTLED_MS);
  }, []);
  const itemAt = (index: number): RankedItem | undefined => {
    const chunk = Math.floor(index / CHUNK);
    const held = client.getQueryData<RankWindow>([...windowsKey(ref), besideRunId, chunk]);
    return held?.items[index - chunk * CHUNK];
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  const own = results.map(({ data }) => data).filter((data) => data !== undefined && data.classId === ref.classId);
  return {
    head: own.at(-1) ?? null,
    error: results.find(({ error }) => error !== null)?.error ?? null,
    itemAt,
    show,
  };
}

function chunksOf({ first, last }: { readonly first: number; readonly last: number }): number[] {
  const from = Math.floor(first / CHUNK);
  return Array.from({ length: Math.floor(last / CHUNK) - from + 1 }, (_, at) => from + at);
}

function sameChunks(a: { first: number; last: number }, b: { first: number; last: number }): boolean {
  return (
    Math.floor(a.first / CHUNK) === Math.floor(b.first / CHUNK) &&
    Math.floor(a.last / CHUNK) === Math.floor(b.last / CHUNK)
  );
}
