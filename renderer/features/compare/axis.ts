/** The ends of an axis on which several intervals are drawn, at round values. */
export type Interval = readonly [low: number, high: number];

const STEP = 0.05;
/** Even intervals of length zero need an axis with a length. */
const LEAST = STEP;

/** Of shares, 0 to 1. */
export function percentAxis(intervals: readonly Interval[]): Interval {
  const low = Math.min(1, ...intervals.map(([from]) => from));
  const high = Math.max(0, ...intervals.map(([, to]) => to));
  const from = Math.max(0, Math.floor(low / STEP) * STEP);
  const to = Math.min(1, Math.ceil(high / STEP) * STEP);
  return to - from >= LEAST ? [from, to] : [Math.max(0, to - LEAST), Math.max(LEAST, to)];
}

/** Of differences: zero is in the middle. */
export function symmetricAxis(intervals: readonly Interval[]): Interval {
  const most = Math.max(LEAST, ...intervals.flat().map(Math.abs));
  const end = Math.ceil(most / STEP) * STEP;
  return [-end, end];
}
