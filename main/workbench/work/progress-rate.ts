/** How fast a job goes, from its last seconds: the mean since its beginning would hide that a disk or a device has slowed. */
import type { JobProgress } from '../contract/jobs.ts';
import type { ProgressUpdate } from './job-work.ts';

const WINDOW_MS = 15_000;
/** Before this much time has passed a rate is a guess. */
const SETTLED_MS = 1000;

export class ProgressRate {
  #label = '';
  #points: { readonly atMs: number; readonly done: number }[] = [];

  measure(update: ProgressUpdate, nowMs = performance.now()): JobProgress {
    const last = this.#points.at(-1);
    // Another part of the work, or the same one begun again from its checkpoint, has a speed of its own.
    if (update.label !== this.#label || (last && update.done < last.done)) this.#points = [];
    this.#label = update.label;
    this.#points.push({ atMs: nowMs, done: update.done });
    while (this.#points.length > 2 && nowMs - (this.#points[0]?.atMs ?? nowMs) > WINDOW_MS) this.#points.shift();
    const perSecond = this.#perSecond(nowMs);
    const left = update.total === null ? null : Math.max(0, update.total - update.done);
    return { ...update, perSecond, secondsLeft: perSecond && left !== null ? left / perSecond : null };
  }

  #perSecond(nowMs: number): number | null {
    const [from] = this.#points;
    const to = this.#points.at(-1);
    if (!from || !to || nowMs - from.atMs < SETTLED_MS || to.done === from.done) return null;
    return ((to.done - from.done) / (to.atMs - from.atMs)) * 1000;
  }
}
