/**
 * Computing that survives the loss of a device: if the computing process ended, or the driver failed permanently, the
 * work continues from its last state, once on the same device, then on the next one that passes its test. A device that
 * failed twice is not used again by this process until the doctor has tested it anew.
 */
import { nextWorkingDevice } from '../doctor/choose-device.ts';
import { deviceName } from '../engines/device.ts';
import { ExpectedFailure, requireGoingOn } from '../failure.ts';
import { TaskProcessEnded } from '../jobs/task-process.ts';
import type { ComputeTarget } from '../training/train-request.ts';
import type { Workspace } from './workspace.ts';

/** No device is left to continue on. */
export class DevicesLost extends ExpectedFailure {}

const ATTEMPTS = 2;
/** By the name of a failed device, the one that replaces it. */
const replaced = new Map<string, ComputeTarget['device']>();

export type SteadyHost = Pick<Workspace, 'signal' | 'tell'>;

/** `work` is called again with another target, and must continue from what its last call left. Throws `DevicesLost`. */
export async function computeSteadily<Result>(
  target: ComputeTarget,
  { signal, tell }: SteadyHost,
  work: (target: ComputeTarget) => Promise<Result>,
): Promise<Result> {
  const lost = new Set<string>();
  for (let current = substituteFor(target); ; ) {
    const name = deviceName(current.device);
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try {
        return await work(current);
      } catch (error) {
        if (!(error instanceof TaskProcessEnded)) throw error;
        requireGoingOn(signal);
        const again = attempt < ATTEMPTS ? ` The work continues from its last checkpoint, once more on ${name}.` : '';
        tell({ kind: 'noted', message: `The device ${name} failed: ${error.message}${again}` });
      }
    }
    lost.add(name);
    const next = await nextWorkingDevice(lost, current.precision, signal);
    if (!next) throw new DevicesLost(lostMessage(name, current));
    replaced.set(name, next);
    tell({ kind: 'noted', message: `The work continues from its last checkpoint on ${deviceName(next)}.` });
    current = { ...current, device: next };
  }
}

/** Called when the doctor has tested the devices anew: each may be used again. */
export function forgetFailedDevices(): void {
  replaced.clear();
}

function substituteFor(target: ComputeTarget): ComputeTarget {
  let { device } = target;
  for (let next = replaced.get(deviceName(device)); next; next = replaced.get(deviceName(device))) device = next;
  return device === target.device ? target : { ...target, device };
}

function lostMessage(name: string, { precision }: ComputeTarget): string {
  const others = precision === 'bf16' ? 'no other device here computes in bf16' : 'no other device passes its test';
  return `The device ${name} failed twice, and ${others}: what was learnt is kept in the last checkpoint, and the same command continues from there once “understudy doctor” says that the device works again.`;
}
