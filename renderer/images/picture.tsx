/**
 * A thumbnail by id in a box of fixed size: neutral ground until it is there, and asked for only when the tile stays in sight.
 * It does not fade in: each fading picture is a layer of its own, and drawing a screen of those takes longer than loading them.
 * One that does not come says why: its image cannot be reached now, or it is damaged. What may come yet is asked for again
 * while the tile is in sight.
 */
import { memo, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { type Failure, failureAt } from '../client.ts';
import { lookScale } from '../components/look-scale.ts';
import { useHoldsClips } from '../components/writing.tsx';
import { text } from '../text/en.ts';
import styles from './picture.module.css';
import { useMoving } from './use-moving.ts';

/** Few sizes, so that the cache on disk serves all zooms. */
const SIZES_PX = [96, 192, 384, 768, 1536];
const SETTLED_MS = 60;
/** Before each further try; the last one from then on. */
const WAITS_MS = [1000, 3000, 10_000, 30_000];
/** An answer that is none for the browser, so often, is damaged. */
const MOST_RELOADS = 3;

export interface PictureProps {
  readonly projectId: string;
  readonly imageId: number;
  readonly boxPx: number;
  readonly alt: string;
  readonly fit?: 'cover' | 'contain';
  /** Asked for at once and painted as soon as it is there: for the one large picture. */
  readonly now?: boolean;
  /** A clip plays by itself for a moment: the one that is looked at. */
  readonly plays?: boolean;
}

export const Picture = memo(function Picture(props: PictureProps) {
  const { projectId, imageId, boxPx, alt, fit = 'cover', now = false, plays = false } = props;
  const wanted = pictureUrl(projectId, imageId, boxPx);
  const [settled, setSettled] = useState(now);
  const [loaded, setLoaded] = useState<string | null>(null);
  const [failed, setFailed] = useState<{ readonly url: string; readonly failure: Failure } | null>(null);
  /** The address that failed; another object for each failure. */
  const [trouble, setTrouble] = useState<{ readonly url: string } | null>(null);
  const [reloads, setReloads] = useState(0);
  const image = useRef<HTMLImageElement>(null);
  const clips = useHoldsClips();
  const moving = useMoving(clips && loaded === wanted ? movingUrl(projectId, imageId, boxPx) : undefined, image, plays);

  useEffect(() => {
    if (now) return undefined;
    const timer = setTimeout(() => setSettled(true), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [now]);
  useLayoutEffect(() => {
    const element = image.current;
    // An element that leaves the document goes on loading unless it is told otherwise. It is told before it leaves: one whose
    // address changes outside the document is kept by Chromium for as long as the page.
    return () => element?.removeAttribute('src');
  }, []);

  useEffect(() => {
    if (trouble?.url !== wanted) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let inSight = true;
    const ask = async (tries: number) => {
      // An element says only that nothing came; the reason is in the answer. Nobody answers at all: the page says so.
      const failure = await failureAt(wanted).catch(() => 'unanswered' as const);
      if (!inSight) return;
      if (failure === undefined) {
        setFailed(null);
        setReloads((before) => before + 1);
        return;
      }
      if (failure !== 'unanswered') setFailed({ url: wanted, failure });
      if (failure === 'unanswered' || failure.name === 'AwayNow') {
        timer = setTimeout(() => void ask(tries + 1), WAITS_MS[Math.min(tries, WAITS_MS.length - 1)]);
      }
    };
    void ask(0);
    return () => {
      inSight = false;
      clearTimeout(timer);
    };
  }, [trouble, wanted]);

  const fail = () => {
    setLoaded(null);
    if (reloads < MOST_RELOADS) setTrouble({ url: wanted });
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
      key={reloads}
      ref={image}
      className={styles.picture}
      style={{ objectFit: fit }}
      data-loaded={loaded === wanted}
      data-moving={moving !== undefined}
      alt={alt}
      draggable={false}
      decoding={now ? 'sync' : 'async'}
      {...(settled || now ? { src: moving ?? wanted } : {})}
      onLoad={() => setLoaded(wanted)}
      onError={fail}
    />
  );
});

export function pictureUrl(projectId: string, imageId: number, boxPx: number): string {
  return `/api/projects/${projectId}/thumbnails/${imageId}?px=${picturePx(boxPx)}`;
}

const MOST_MOVING_PX = 384;

function movingUrl(projectId: string, imageId: number, boxPx: number): string {
  return `/api/projects/${projectId}/moving-thumbnails/${imageId}?px=${Math.min(MOST_MOVING_PX, picturePx(boxPx))}`;
}

/** Of the picture that is asked for where the box is so large. */
export function picturePx(boxPx: number): number {
  const pixels = boxPx * lookScale() * Math.min(2, globalThis.devicePixelRatio);
  return SIZES_PX.find((size) => size >= pixels) ?? 1536;
}
