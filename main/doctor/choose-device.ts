/** Which device a run computes on: the one asked for, or the fastest that passes its test. */
import { DeviceAbsent } from '../engines/device-failures.ts';
import type { DeviceKind } from '../engines/engine.ts';
import { supportedDevices } from '../engines/engine-of.ts';
import { useSoftwareVulkanIfAlone } from '../engines/onnxruntime/software-vulkan.ts';
import { TENSORFLOW_ABSENT } from '../engines/tensorflow/load-tensorflow.ts';
import { ExpectedFailure, WrongUsage } from '../failure.ts';
import { type DeviceFinding, fastest, reportOf } from './examine-devices.ts';

export class NoDeviceWorks extends ExpectedFailure {}

/**
 * `preference` is a device or 'auto'. Throws `WrongUsage` for a device that this machine's runtimes do not have,
 * `Interrupted` when `signal` asks to stop.
 */
export async function chooseDevice(preference: string, signal?: AbortSignal): Promise<DeviceKind> {
  const supported = supportedDevices();
  if (preference !== 'auto') {
    const device = supported.find((kind) => kind === preference);
    if (!device && preference === 'tensorflow') throw new DeviceAbsent(TENSORFLOW_ABSENT);
    if (!device) {
      throw new WrongUsage(`There is no device “${preference}” here: choose one of auto, ${supported.join(', ')}.`);
    }
    if (device === 'webgpu') useSoftwareVulkanIfAlone();
    return device;
  }
  const candidates = supported.filter((device) => device !== 'webgpu' || !useSoftwareVulkanIfAlone());
  const [only] = candidates;
  if (candidates.length === 1 && only) return only;
  const findings: DeviceFinding[] = [];
  for (const device of candidates) {
    findings.push({ device, name: device, software: false, report: await reportOf(device, signal) });
  }
  const best = fastest(findings);
  if (!best) throw new NoDeviceWorks('No device of this machine passes its test: run “understudy doctor” to see why.');
  return best.device;
}
