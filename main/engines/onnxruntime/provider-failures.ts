/**
 * What the runtime and its providers say when there is no room, or no device; they have no error codes for it. WebGPU tells
 * its error log alone that memory is short: what reaches the caller is the next thing that fails for it.
 */
import { messageOf } from '../../failure.ts';
import { DeviceAbsent, OutOfMemory } from '../device-failures.ts';
import type { DeviceKind } from '../engine.ts';

const NO_ROOM = [
  /out of memory/i,
  /OUT_OF_(DEVICE|HOST|POOL)_MEMORY/i,
  /bad[ _]?alloc/i,
  /failed to allocate memory/i,
  /exceeds the max buffer size/i,
  // A tensor too large for one binding takes several, until there are no more.
  /too many storage buffers in shader/i,
  /array buffer allocation failed/i,
  /is invalid due to a previous error/i,
];
const NO_DEVICE = /failed to get a webgpu adapter|no supported adapters/i;

/** Throws `OutOfMemory` for what fails for want of memory, `DeviceAbsent` where there is no such device. */
export async function withKnownFailures<Result>(device: DeviceKind, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const message = messageOf(error);
    if (NO_ROOM.some((saying) => saying.test(message))) {
      throw new OutOfMemory(`The runtime says: ${message}`, { cause: error });
    }
    if (NO_DEVICE.test(message)) {
      throw new DeviceAbsent(
        `No graphics card answers for the device ${device}: choose another one (understudy doctor lists what works here), or install its driver.`,
        { cause: error },
      );
    }
    throw error;
  }
}
