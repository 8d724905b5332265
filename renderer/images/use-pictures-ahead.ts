/**
 * Pictures that are not in sight yet and soon will be: where a list came to rest, the screen that follows in the direction in
 * which it was scrolled is made ahead. Whoever scrolls on wants another one, and the first is dropped.
 */
import { useCallback, useEffect, useRef } from 'react';
import { api, read } from '../client.ts';
import type { Range } from '../components/pages-in-sight.ts';
import { picturePx } from './picture.tsx';
import { placesAhead } from './places-ahead.ts';

/** Longer than what is in sight itself waits before it is asked for. */
const SETTLED_MS = 200;

/**
 * @param idAt the image at a place of the list, undefined where that is not known
 * @returns to be told what is in sight
 */
export function usePicturesAhead(
  projectId: string,
  boxPx: number,
  idAt: (index: number) => number | undefined,
): (range: Range) => void {
  const before = useRef(0);
  const asked = useRef<AbortController | undefined>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const newest = useRef({ projectId, boxPx, idAt });
  useEffect(() => {
    newest.current = { projectId, boxPx, idAt };
  });
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      asked.current?.abort();
    },
    [],
  );
  return useCallback((range) => {
    clearTimeout(timer.current);
    asked.current?.abort();
    timer.current = setTimeout(() => {
      const places = placesAhead(range, before.current);
      before.current = range.first;
      asked.current = new AbortController();
      void askFor(newest.current, places, asked.current.signal);
    }, SETTLED_MS);
  }, []);
}

async function askFor(
  { projectId, boxPx, idAt }: { projectId: string; boxPx: number; idAt: (index: number) => number | undefined },
  places: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  const images = places.map(idAt).filter((id) => id !== undefined);
  if (images.length === 0) return;
  const request = { param: { project: projectId }, query: { px: String(picturePx(boxPx)) }, json: { images } };
  // Nobody waits for it: what fails here is asked for again, and says why, when it is in sight.
  await read(api.projects[':project'].thumbnails.$post(request, { init: { signal, priority: 'low' } })).catch(() => {});
}
