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
  /** Where the list began to be in sight, and where it did before it was scrolled. */
  const place = useRef({ first: 0, before: 0 });
  const told = useRef<Range>({ first: 0, last: 0 });
  const asked = useRef<{ readonly key: string; readonly stop: AbortController } | undefined>(undefined);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const newest = useRef({ projectId, boxPx, idAt });
  useEffect(() => {
    newest.current = { projectId, boxPx, idAt };
  });
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      asked.current?.stop.abort();
    },
    [],
  );
  return useCallback((range) => {
    clearTimeout(timer.current);
    if (range.first !== told.current.first || range.last !== told.current.last) {
      asked.current?.stop.abort();
      asked.current = undefined;
    }
    told.current = range;
    timer.current = setTimeout(() => {
      // Told again of the same range, such as when its page has come: in the direction in which it was reached.
      if (range.first !== place.current.first) place.current = { first: range.first, before: place.current.first };
      const { projectId, boxPx, idAt } = newest.current;
      const images = placesAhead(range, place.current.before)
        .map(idAt)
        .filter((id) => id !== undefined);
      const key = `${boxPx} ${images.join()}`;
      if (images.length === 0 || key === asked.current?.key) return;
      asked.current?.stop.abort();
      asked.current = { key, stop: new AbortController() };
      void askFor(projectId, boxPx, images, asked.current.stop.signal);
    }, SETTLED_MS);
  }, []);
}

async function askFor(projectId: string, boxPx: number, images: number[], signal: AbortSignal): Promise<void> {
  const request = { param: { project: projectId }, query: { px: String(picturePx(boxPx)) }, json: { images } };
  // Nothing waits for it: what fails here is asked for again, and says why, when it is in sight.
  await read(api.projects[':project'].thumbnails.$post(request, { init: { signal, priority: 'low' } })).catch(() => {});
}
