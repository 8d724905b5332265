/**
 * A thumbnail by id in a box of fixed size: it fades into neutral ground, and is asked for only when the tile stays in sight.
 * One that does not come says why: its image cannot be reached now, or it is damaged. Nothing of it is remembered.
 */
import { memo, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { type Failure, failureAt } from '../client.ts';
import { text } from '../text/en.ts';
import styles from './picture.module.css';

/** Few sizes, so that the cache on disk serves all zooms. */
const SIZES_PX = [96, 192, 384, 768, 1536];
const SETTLED_MS = 60;

export interface PictureProps {
  readonly projectId: string;
  readonly imageId: number;
  readonly boxPx: number;
  readonly alt: string;
  readonly fit?: 'cover' | 'contain';
  /** Loaded without waiting and painted without fading: for the one large picture. */
  readonly now?: boolean;
}

export const Picture = memo(function Picture(props: PictureProps) {
  const { projectId, imageId, boxPx, alt, fit = 'cover', now = false } = props;
  const wanted = pictureUrl(projectId, imageId, boxPx);
  const [settled, setSettled] = useState(now);
  const [loaded, setLoaded] = useState<string | null>(null);
  const [failed, setFailed] = useState<{ readonly url: string; readonly failure: Failure } | null>(null);
  const image = useRef<HTMLImageElement>(null);

  useEffect(() => {
    if (now) return undefined;
    const timer = setTimeout(() => setSettled(true), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [now]);
  useLayoutEffect(() => {
    const element = image.current;
    // An element that leaves the document goes on loading unless it is told otherwise. It is told before it leaves: one whose
    // address changes outside of the document is kept by Chromium for as long as the page.
    return () => element?.removeAttribute('src');
  }, []);

  const fail = () => {
    setLoaded(null);
    // An element says only that nothing came; the reason is in the answer.
    failureAt(wanted).then((failure) => setFailed(failure ? { url: wanted, failure } : null), ignore);
  };
  if (failed?.url === wanted) {
    const { failure } = failed;
    return (
      <span className={styles.failed} title={failure.message} style={{ inlineSize: '100%', blockSize: '100%' }}>
        {failure.name === 'AwayNow' ? text.shell.picture.away : text.shell.picture.broken}
      </span>
    );
  }
  return (
    <img
      ref={image}
      className={styles.picture}
      style={{ objectFit: fit }}
      data-loaded={loaded === wanted}
      alt={alt}
      draggable={false}
      decoding={now ? 'sync' : 'async'}
      data-now={now}
      {...(settled || now ? { src: wanted } : {})}
      onLoad={() => setLoaded(wanted)}
      onError={fail}
    />
  );
});

/** The page's own state says when nobody answers at all. */
function ignore(): void {}

export function pictureUrl(projectId: string, imageId: number, boxPx: number): string {
  const pixels = boxPx * Math.min(2, globalThis.devicePixelRatio);
  const px = SIZES_PX.find((size) => size >= pixels) ?? 1536;
  return `/api/projects/${projectId}/thumbnails/${imageId}?px=${px}`;
}
