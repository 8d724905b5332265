/**
 * A clip plays while the pointer is on it, or while its tile or its container has the focus; a single large picture plays by
 * itself for a few seconds. If the person prefers reduced motion, nothing moves.
 */
import { type RefObject, useContext, useEffect, useState } from 'react';
import { InActiveTile } from '../components/active-tile.ts';

const FOCUSED = '[role=grid], [tabindex="0"], button, a';
const BY_ITSELF_MS = 4500;
const NO_MOVEMENT = '(prefers-reduced-motion: reduce)';

/** @returns the address, once it is loaded and should be shown */
export function useMoving(
  url: string | undefined,
  element: RefObject<HTMLElement | null>,
  byItself: boolean,
): string | undefined {
  const activeTile = useContext(InActiveTile);
  const [wanted, setWanted] = useState(false);
  const [loaded, setLoaded] = useState<string | undefined>();
  useEffect(() => {
    const own = element.current;
    if (url === undefined || !own) return undefined;
    const play = () => setWanted(!matchMedia(NO_MOVEMENT).matches);
    const stop = () => setWanted(false);
    const over = new AbortController();
    const { signal } = over;
    own.addEventListener('pointerenter', play, { signal });
    own.addEventListener('pointerleave', stop, { signal });
    const holder = activeTile === false ? null : own.closest(FOCUSED);
    holder?.addEventListener('focus', play, { signal });
    holder?.addEventListener('blur', stop, { signal });
    if (holder !== null && holder === document.activeElement) play();
    const timer = byItself ? setTimeout(stop, BY_ITSELF_MS) : undefined;
    if (byItself) play();
    return () => {
      over.abort();
      clearTimeout(timer);
      setWanted(false);
    };
  }, [url, element, activeTile, byItself]);
  useEffect(() => {
    if (!wanted || url === undefined) return undefined;
    const image = new Image();
    image.onload = () => setLoaded(url);
    image.src = url;
    return () => {
      image.onload = null;
      image.removeAttribute('src');
    };
  }, [wanted, url]);
  return wanted && loaded === url ? url : undefined;
}
