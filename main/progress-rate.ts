/**
 * Speed of work over its last seconds: the mean since the beginning would hide that a disk or a device has slowed down.
 */

const WINDOW_MS = 15_000;
/** Before this much time has passed a rate is a guess. */
const SETTLED_MS = 1000;

export interface Amount {
  /** The part of the work being done. */
  readonly label: string;
  readonly done: number;
  /** Null while unknown. */
  readonly total: number | null;
}

export interface Rated {
  /** Over the last seconds; null at the beginning. */
  readonly perSecond: number | null;
  /** For the part named by the label; null while the total or the rate is unknown. */
  readonly secondsLeft: number | null;
}

export class ProgressRate {
  #label = '';
  #points: { readonly atMs: number; readonly done: number }[] = [];

  measure({ label, done, total }: Amount, nowMs = performance.now()): Rated {
    const last = this.#points.at(-1);
    // Another part of the work, or the same one restarted from its checkpoint, has a speed of its own.
    if (label !== this.#label || (last && done < last.done)) this.#points = [];
    this.#label = label;
    this.#points.push({ atMs: nowMs, done });
    while (this.#points.length > 2 && nowMs - (this.#points[0]?.atMs ?? nowMs) > WINDOW_MS) this.#points.shift();
    const perSecond = this.#perSecond(nowMs);
    const left = total === null ? null : Math.max(0, total - done);
    return { perSecond, secondsLeft: perSecond && left !== null ? left / perSecond : null };
  }

  #perSecond(nowMs: number): number | null {
    const [from] = this.#points;
    const to = this.#points.at(-1);
    if (!from || !to || nowMs - from.atMs < SETTLED_MS || to.done === from.done) return null;
    return ((to.done - from.done) / (to.atMs - from.atMs)) * 1000;
  }
}
