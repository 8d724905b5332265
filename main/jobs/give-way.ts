/**
 * Lowers the priority of compute threads below those that answer the user: on Linux each thread has a priority of its
 * own, inherited by the threads it starts, including the runtime's. On other systems the scheduler decides. Nothing
 * becomes slower while there are no requests.
 */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Gives computing a third of the processor when both sides want all of it. */
export const COMPUTING_NICENESS = 5;

/** Applies to the calling thread; must be called before it starts others. */
export function giveWay(): void {
  if (process.platform !== 'linux') return;
  try {
    const [thread] = /\d+$/.exec(readlinkSync('/proc/thread-self')) ?? [];
    if (thread !== undefined) setPriority(Number(thread), COMPUTING_NICENESS);
  } catch {
    // Not permitted: the system's scheduler decides.
  }
}
