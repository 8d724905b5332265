/** The durations of frames while something scrolls, by the page's own clock. */
import type { Locator } from '@playwright/test';

export interface FrameTimes {
  readonly frames: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly longestMs: number;
}

/** Frames in which `scrolled` does not move are not counted: a page that waits for input is fast. */
export async function framesDuring(scrolled: Locator, work: () => Promise<void>): Promise<FrameTimes> {
  const counting = await scrolled.evaluateHandle((element) => {
    const durations: number[] = [];
    let over = false;
    let before = { now: performance.now(), top: element.scrollTop };
    const count = (now: number) => {
      const top = element.scrollTop;
      if (top !== before.top) durations.push(now - before.now);
      before = { now, top };
      if (!over) requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
    const end = () => {
      over = true;
      return durations;
    };
    return { end };
  });
  await work();
  const sorted = (await counting.evaluate(({ end }) => end())).toSorted((a, b) => a - b);
  await counting.dispose();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
  return { frames: sorted.length, medianMs: at(0.5), p95Ms: at(0.95), longestMs: at(1) };
}

export function inWords({ frames, medianMs, p95Ms, longestMs }: FrameTimes): string {
  const [median, p95, longest] = [medianMs, p95Ms, longestMs].map((ms) => ms.toFixed(1));
  const perSecond = (1000 / medianMs).toFixed(1);
  return `${perSecond} frames a second (median frame ${median} ms, p95 ${p95} ms, longest ${longest} ms, ${frames} frames)`;
}
