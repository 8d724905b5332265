/**
 * Threads that compute give way to those that answer a person: on Linux a thread has a priority of its own, which those that
 * it starts take over, the runtime's too. Elsewhere the system decides. Where nobody asks, nothing is slower for it.
 */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** A third of the processor where both want all of it. */
export const COMPUTING_NICENESS = 5;

/** For the thread that calls it, before it starts others. */
export function giveWay(): void {
  if (process.platform !== 'linux') return;
  try {
    const [thread] = /\d+$/.exec(readlinkSync('/proc/thread-self')) ?? [];
    if (thread !== undefined) setPriority(Number(thread), COMPUTING_NICENESS);
  } catch {
    // Where it is not permitted, the system decides as well.
  }
}
