/**
 * Which rows of equal height a scrolled element shows, plus some around them: a list of any length has few rows in the
 * document.
 */
import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from 'react';

const OVERSCAN = 6;

export interface RowsInSight {
  readonly viewport: RefObject<HTMLDivElement | null>;
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
  onScroll(): void;
}

/** `aboveFirstPx`: the height that scrolls with the rows above the first. `at` is kept in sight when it changes. */
export function useRowsInSight(total: number, rowPx: number, at = -1, aboveFirstPx = 0): RowsInSight {
  const viewport = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ top: 0, height: 0 });
  const look = useCallback(() => {
    const element = viewport.current;
    if (element) setSeen({ top: element.scrollTop, height: element.clientHeight });
  }, []);
  useLayoutEffect(() => {
    const element = viewport.current;
    if (!element) return undefined;
    look();
    const observer = new ResizeObserver(look);
    observer.observe(element);
    return () => observer.disconnect();
  }, [look]);
  useLayoutEffect(() => {
    const element = viewport.current;
    if (!element || at < 0) return;
    const top = aboveFirstPx + at * rowPx;
    const most = element.scrollTop + element.clientHeight;
    if (top - aboveFirstPx < element.scrollTop) element.scrollTop = top - aboveFirstPx;
    else if (top + rowPx > most) element.scrollTop += top + rowPx - most;
  }, [at, rowPx, aboveFirstPx]);
  return {
    viewport,
    first: Math.min(total, Math.max(0, Math.floor((seen.top - aboveFirstPx) / rowPx) - OVERSCAN)),
    end: Math.min(total, Math.max(0, Math.ceil((seen.top + seen.height) / rowPx) + OVERSCAN)),
    onScroll: look,
  };
}
