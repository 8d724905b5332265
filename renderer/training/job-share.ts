/** How far a job is, as every screen shows it. */
import type { JobProgress } from '../../main/api/contract.ts';

/** From 0 to 1; of the whole where there are several phases. Null where nobody knows how much there is. */
export function shareDone({ done, total, whole }: JobProgress): number | null {
  if (whole) return whole.share;
  return total === null || total === 0 ? null : Math.min(1, done / total);
}
