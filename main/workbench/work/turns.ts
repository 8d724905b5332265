/** Decides whose turn it is among jobs with exclusive claims. */
import { type Claim, takeTurns } from './claim.ts';

export interface Turns<Job> {
  readonly startable: readonly Job[];
  /** For each waiting job, the last of those before it. */
  readonly waiting: ReadonlyMap<Job, Job>;
}

/** In the order of the requests. A waiting job keeps its place before later ones, or work that needs much would never start. */
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
