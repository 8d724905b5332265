/**
 * Makes pictures ahead that will soon be in sight: when a list comes to rest, the next screen in the direction of scrolling.
 * Scrolling on cancels the request in favour of a new one.
 */
import { useCallback, useEffect, useRef } from 'react';
import { api, read } from '../client.ts';
import type { Range } from '../components/pages-in-sight.ts';
import { picturePx } from './picture.tsx';
import { placesAhead } from './places-ahead.ts';

/** Longer than visible pictures wait before they are requested. */
const SETTLED_MS = 200;

/**
 * @param idAt the image at an index of the list, undefined if that is not known
 * @returns a function to call with the range in sight
 */
export function usePicturesAhead(
  projectId: string,
  boxPx: number,
  idAt: (index: number) => number | undefined,
): (range: Range) => void {
  /** Where the visible range begins, and where it began before the last scroll. */
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
      // Called again for the same range, for example when its page has arrived: in the direction in which it was reached.
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
  // Nothing waits for it: a picture that fails here is requested again, and reports why, when it is in sight.
  await read(api.projects[':project'].thumbnails.$post(request, { init: { signal, priority: 'low' } })).catch(() => {});
}
