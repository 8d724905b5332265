/**
 * How the runtime and its providers say that there is no room; they have no error codes for it. WebGPU tells its error log
 * alone: what reaches the caller is the next thing that fails for it.
 */
import { messageOf } from '../../failure.ts';
import { OutOfMemory } from '../out-of-memory.ts';

const SAYINGS = [
  /out of memory/i,
  /OUT_OF_(DEVICE|HOST|POOL)_MEMORY/i,
  /bad[ _]?alloc/i,
  /failed to allocate memory/i,
  /exceeds the max buffer size/i,
  /array buffer allocation failed/i,
  /is invalid due to a previous error/i,
];

/** Throws `OutOfMemory` for what fails for want of memory. */
export async function withinMemory<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const message = messageOf(error);
    if (!SAYINGS.some((saying) => saying.test(message))) throw error;
    throw new OutOfMemory(`The runtime says: ${message}`, {
      cause: error,
    });
  }
}
