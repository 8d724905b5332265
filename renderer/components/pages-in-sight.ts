/** Which pages of a long list are in sight. Flinging past thousands of them requests none: only the resting position counts. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';

/** Entries per page. */
export const PAGE = 200;
const SETTLED_MS = 70;

export interface Range {
  readonly first: number;
  readonly last: number;
}

export interface PagesInSight {
  /** Page numbers, from 0. */
  readonly pages: readonly number[];
  /** Called with the range in sight. */
  readonly show: (range: Range) => void;
}

export function usePagesInSight(): PagesInSight {
  const [seen, setSeen] = useState<Range>({ first: 0, last: 0 });
  const pages = useMemo(() => pagesOf(seen), [seen]);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const show = useCallback((range: Range) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setSeen((before) => (samePages(before, range) ? before : range)), SETTLED_MS);
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);
  return { pages, show };
}

export function pageOf(index: number): number {
  return Math.floor(index / PAGE);
}

function pagesOf({ first, last }: Range): number[] {
  const from = pageOf(first);
  return Array.from({ length: pageOf(last) - from + 1 }, (_, at) => from + at);
}

function samePages(a: Range, b: Range): boolean {
  return pageOf(a.first) === pageOf(b.first) && pageOf(a.last) === pageOf(b.last);
}
