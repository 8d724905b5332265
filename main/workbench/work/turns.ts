/** Whose turn it is among jobs that want something to themselves. */
import { type Claim, takeTurns } from './claim.ts';

export interface Turns<Job> {
  readonly startable: readonly Job[];
  /** Of each that waits, the last of those before it. */
  readonly waiting: ReadonlyMap<Job, Job>;
}

/**
 * In the order of asking. One that waits keeps its place before those that ask later, or work that needs much would never
 * get it.
 */
export function turnsOf<Job extends { readonly claim: Claim }>(
  running: Iterable<Job>,
  asking: Iterable<Job>,
): Turns<Job> {
  const ahead = [...running];
  const startable: Job[] = [];
  const waiting = new Map<Job, Job>();
  for (const job of asking) {
    const last = ahead.findLast(({ claim }) => takeTurns(claim, job.claim));
    if (last) waiting.set(job, last);
    else startable.push(job);
    ahead.push(job);
  }
  return { startable, waiting };
}
