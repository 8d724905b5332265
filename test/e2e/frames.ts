/** How long the frames of a page last while something goes on in it, by the page's own clock. */
import type { Page } from '@playwright/test';

export interface FrameTimes {
  readonly frames: number;
  readonly medianMs: number;
  readonly p95Ms: number;
  readonly longestMs: number;
}

export async function framesDuring(page: Page, work: () => Promise<void>): Promise<FrameTimes> {
  const counting = await page.evaluateHandle(() => {
    const durations: number[] = [];
    let over = false;
    let before = performance.now();
    const count = (now: number) => {
      durations.push(now - before);
      before = now;
      if (!over) requestAnimationFrame(count);
    };
    requestAnimationFrame((now) => {
      before = now;
      requestAnimationFrame(count);
    });
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
