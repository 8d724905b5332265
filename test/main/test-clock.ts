/** A clock that advances only when a test says so. */
import type { Clock } from '../../main/stall-watch.ts';

export interface TestClock extends Clock {
  /** Runs everything due until then, in order. */
  pass(seconds: number): void;
}

export function testClock(): TestClock {
  let nowMs = 0;
  let timers: { readonly atMs: number; readonly then: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    after(ms, then) {
      const timer = { atMs: nowMs + ms, then };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
    pass(seconds) {
      const untilMs = nowMs + 1000 * seconds;
      for (;;) {
        const [next] = timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs);
        if (!next) break;
        timers = timers.filter((one) => one !== next);
        nowMs = next.atMs;
        next.then();
      }
      nowMs = untilMs;
    },
  };
}
