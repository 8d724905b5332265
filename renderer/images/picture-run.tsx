/**
 * One picture of a sequence, with the next ones loaded and decoded behind it, so that the next key press shows the next picture
 * at once.
 */
import { useLayoutEffect, useRef } from 'react';
import { text } from '../text/en.ts';
import { Picture } from './picture.tsx';
import styles from './picture-run.module.css';

export const AHEAD = 10;
const BEHIND = 3;

interface PictureRunProps {
  readonly projectId: string;
  readonly images: readonly { readonly imageId: number; readonly name: string }[];
  readonly at: number;
  readonly zoomPx: number;
}

export function PictureRun({ projectId, images, at, zoomPx }: PictureRunProps) {
  const place = useMiddle(zoomPx, images[at]?.imageId);
  const first = Math.max(0, at - BEHIND);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a picture that is larger than its place is scrolled by key.
    <section ref={place} className={styles.picture} aria-label={text.shell.picture.one} tabIndex={0}>
      <div className={styles.run} style={{ inlineSize: zoomPx, blockSize: zoomPx }}>
        {images.slice(first, at + 1 + AHEAD).map(({ imageId, name }, index) => {
          const shown = first + index === at;
          return (
            <span key={imageId} className={styles.inRun} data-shown={shown} aria-hidden={!shown}>
              <Picture
                projectId={projectId}
                imageId={imageId}
                boxPx={zoomPx}
                alt={name}
                fit="contain"
                now
                plays={shown}
              />
            </span>
          );
        })}
      </div>
    </section>
  );
}

/** The middle of a picture larger than its box, where the subject usually is. */
function useMiddle(zoomPx: number, imageId: number | undefined) {
  const place = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: anew for each size and each image.
  useLayoutEffect(() => {
    const element = place.current;
    element?.scrollTo(
      (element.scrollWidth - element.clientWidth) / 2,
      (element.scrollHeight - element.clientHeight) / 2,
    );
  }, [zoomPx, imageId]);
  return place;
}
