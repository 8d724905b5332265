/** The progress of a job, as every screen shows it. */
import type { JobProgress } from '../../main/api/contract.ts';

/** From 0 to 1; of the whole if there are several phases. Null if the total is unknown. */
export function shareDone({ done, total, whole }: JobProgress): number | null {
  if (whole) return whole.share;
  return total === null || total === 0 ? null : Math.min(1, done / total);
}
