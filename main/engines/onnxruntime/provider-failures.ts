/**
 * Messages with which the runtime and its providers report a lack of memory or a missing device; they have no error
 * codes for it. WebGPU reports a lack of memory only in its error log: the caller sees whatever fails next because of
 * it.
 */
import { messageOf } from '../../failure.ts';
import { type Device, deviceName } from '../device.ts';
import { DeviceAbsent, OutOfMemory } from '../device-failures.ts';

const NO_ROOM = [
  /out of memory/i,
  /OUT_OF_(DEVICE|HOST|POOL)_MEMORY/i,
  /bad[ _]?alloc/i,
  /failed to allocate memory/i,
  /failed to create GPU buffer/i,
  /exceeds the max buffer size/i,
  // A tensor too large for one binding takes several, until there are no more.
  /too many storage buffers in shader/i,
  /array buffer allocation failed/i,
  /is invalid due to a previous error/i,
];
const NO_DEVICE = /failed to get a webgpu adapter|no supported adapters/i;
/** The user has to install CUDA's libraries; no package of ours contains them. */
const NO_LIBRARIES = /failed to load shared library/i;

/** Throws `OutOfMemory` for what fails for lack of memory, `DeviceAbsent` if there is no such device. */
export async function withKnownFailures<Result>(device: Device, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const message = messageOf(error);
    if (NO_ROOM.some((saying) => saying.test(message))) {
      throw new OutOfMemory(`The runtime says: ${message}`, { cause: error });
    }
    if (NO_DEVICE.test(message)) {
      throw new DeviceAbsent(
        `No graphics card answers for the device ${deviceName(device)}: choose another one (understudy doctor lists what works here), or install its driver for Vulkan, Direct3D 12 or Metal.`,
        { cause: error },
      );
    }
    if (NO_LIBRARIES.test(message)) {
      throw new DeviceAbsent(
        `The libraries that the device ${deviceName(device)} needs are not on this computer, which is fine: a GPU also works as the device webgpu.`,
        { cause: error },
      );
    }
    throw error;
  }
}
