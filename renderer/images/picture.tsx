/**
 * A thumbnail by id in a box of fixed size: neutral until it has loaded, and requested with the others in sight. It does not fade
 * in: each fading picture would be a layer of its own, and drawing a screen of those takes longer than loading them. A
 * picture that does not load says why: its image is out of reach now, or damaged. While the tile is in sight, pictures that may
 * still come are requested again.
 */
import { memo, useEffect, useEffectEvent, useLayoutEffect, useRef, useState } from 'react';
import { api, type Failure, failureAt, readStream } from '../client.ts';
import { lookScale } from '../components/look-scale.ts';
import { useHoldsClips } from '../components/writing.tsx';
import { text } from '../text/en.ts';
import styles from './picture.module.css';
import { PicturesInSight } from './pictures-in-sight.ts';
import { useMoving } from './use-moving.ts';

/** Few sizes, so that the cache on disk serves all zoom levels. */
const SIZES_PX = [96, 192, 384, 768, 1536];
/** The delay before each retry; the last one repeats. */
const WAITS_MS = [1000, 3000, 10_000, 30_000];
/** After this many answers that the browser cannot decode, the picture is considered damaged. */
const MOST_RELOADS = 3;

const pictures = new PicturesInSight(async (project, px, images, signal) => {
  const query = { px: String(px), images: images.join() };
  return await readStream(
    api.projects[':project'].thumbnails.$get({ param: { project }, query }, { init: { signal } }),
  );
});

export interface PictureProps {
  readonly projectId: string;
  readonly imageId: number;
  readonly boxPx: number;
  readonly alt: string;
  readonly fit?: 'cover' | 'contain';
  /** Requested at once and painted as soon as it has loaded: for the single large picture. */
  readonly now?: boolean;
  /** A clip plays by itself for a moment: the one that is viewed. */
  readonly plays?: boolean;
}

export const Picture = memo(function Picture(props: PictureProps) {
  const { projectId, imageId, boxPx, alt, fit = 'cover', now = false, plays = false } = props;
  const wanted = pictureUrl(projectId, imageId, boxPx);
  const [loaded, setLoaded] = useState<string | null>(null);
  const [failed, setFailed] = useState<{ readonly url: string; readonly failure: Failure } | null>(null);
  /** The address that failed; a new object for each failure. */
  const [trouble, setTrouble] = useState<{ readonly url: string } | null>(null);
  const [reloads, setReloads] = useState(0);
  const image = useRef<HTMLImageElement>(null);
  const clips = useHoldsClips();
  const moving = useMoving(clips && loaded === wanted ? movingUrl(projectId, imageId, boxPx) : undefined, image, plays);

  const fail = () => {
    setLoaded(null);
    if (reloads < MOST_RELOADS) setTrouble({ url: wanted });
  };
  // One that did not come with the others is loaded by itself.
  const alone = now || reloads > 0;
  const arrived = useArrived(props, alone, fail);
  useLayoutEffect(() => {
    const element = image.current;
    // An element that leaves the document keeps loading unless its address is removed. It is removed before that: Chromium
    // keeps elements whose address changes outside the document for as long as the page lives.
    return () => element?.removeAttribute('src');
  }, []);

  useEffect(() => {
    if (trouble?.url !== wanted) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let inSight = true;
    const ask = async (tries: number) => {
      // An element only reports that loading failed; the reason is in the answer. If there is no answer at all, the page
      // reports that.
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
      src={moving ?? (alone ? wanted : arrived)}
      data-image={imageId}
      onLoad={() => setLoaded(wanted)}
      onError={fail}
    />
  );
});

/** A tile's picture, as a data URL, once it has arrived with those of the other tiles in sight; nothing if it is loaded `alone`. */
function useArrived({ projectId, imageId, boxPx }: PictureProps, alone: boolean, fail: () => void): string | undefined {
  const px = picturePx(boxPx);
  const [arrived, setArrived] = useState<{ readonly key: string; readonly url: string } | null>(null);
  const key = `${projectId} ${imageId} ${px}`;
  const onFail = useEffectEvent(fail);
  useLayoutEffect(() => {
    if (alone) return undefined;
    const deliver = (url: string | undefined) => (url === undefined ? onFail() : setArrived({ key, url }));
    return pictures.show(projectId, px, { imageId, deliver });
  }, [projectId, imageId, px, alone, key]);
  return arrived?.key === key ? arrived.url : undefined;
}

export function pictureUrl(projectId: string, imageId: number, boxPx: number): string {
  return `/api/projects/${projectId}/thumbnails/${imageId}?px=${picturePx(boxPx)}`;
}

const MOST_MOVING_PX = 384;

function movingUrl(projectId: string, imageId: number, boxPx: number): string {
  return `/api/projects/${projectId}/moving-thumbnails/${imageId}?px=${Math.min(MOST_MOVING_PX, picturePx(boxPx))}`;
}

/** The size of the picture to request for a box of this size. */
export function picturePx(boxPx: number): number {
  const pixels = boxPx * lookScale() * Math.min(2, globalThis.devicePixelRatio);
  return SIZES_PX.find((size) => size >= pixels) ?? 1536;
}
