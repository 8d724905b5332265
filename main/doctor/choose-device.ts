/** Which device a run computes on: the one asked for, or the fastest that passes its test. */
import { type Device, deviceName, parseDevice, sameDevice } from '../engines/device.ts';
import { DeviceAbsent } from '../engines/device-failures.ts';
import type { Precision } from '../engines/engine.ts';
import { engineOf, supportedDevices, traitsOf } from '../engines/engines.ts';
import { ExpectedFailure, WrongUsage } from '../failure.ts';
import { type DeviceFinding, fastest, knownReportOf, reportOf } from './examine-devices.ts';

export class NoDeviceWorks extends ExpectedFailure {}

/**
 * `preference` is a device's name, or 'auto' for one that computes in `precision`. Throws `WrongUsage` for a device
 * that this machine's runtimes do not have, `DeviceAbsent` for one that the user would have to install, `Interrupted`
 * when `signal` aborts.
 */
export async function chooseDevice(
  preference: string,
  signal?: AbortSignal,
  precision: Precision = 'fp32',
): Promise<Device> {
  return preference === 'auto' ? await fastestDevice(signal, precision) : namedDevice(preference);
}

/**
 * Several devices that compute side by side, given as names separated by commas. Throws as `chooseDevice` does, and
 * `WrongUsage` for `auto` among others.
 */
export async function chooseDevices(
  preference: string,
  signal?: AbortSignal,
  precision?: Precision,
): Promise<[Device, ...Device[]]> {
  const [first = '', ...others] = preference.split(',');
  if (others.length === 0) return [await chooseDevice(first, signal, precision)];
  return [namedDevice(first), ...others.map(namedDevice)];
}

function namedDevice(name: string): Device {
  const wanted = parseDevice(name);
  // Only the engine of this device is asked to list its devices.
  const device =
    wanted &&
    engineOf(wanted)
      .devices()
      .find((listed) => sameDevice(listed, wanted));
  if (!device) {
    const names = supportedDevices().map(deviceName);
    throw new WrongUsage(`There is no device “${name}” here: choose one of auto, ${names.join(', ')}.`);
  }
  const absence = engineOf(device).absence(device);
  if (absence !== undefined) throw new DeviceAbsent(absence);
  // Prepares the environment for a software stand-in; threads inherit it.
  traitsOf(device);
  return device;
}

/** What `auto` resolves to without another test; undefined if devices have to be tested first. */
export function knownChoice(): Device | undefined {
  const candidates = choosable();
  if (candidates.length === 1) return candidates[0];
  const findings = candidates.flatMap((device) => {
    const report = knownReportOf(device);
    return report ? [{ device, traits: traitsOf(device), report }] : [];
  });
  return findings.length === candidates.length ? fastest(findings)?.device : undefined;
}

/**
 * The fastest device that passes its test and computes in `precision`, excluding the names in `without`; undefined if
 * there is none.
 */
export async function nextWorkingDevice(
  without: ReadonlySet<string>,
  precision: Precision = 'fp32',
  signal?: AbortSignal,
): Promise<Device | undefined> {
  const candidates = choosable().filter(
    (device) => !without.has(deviceName(device)) && traitsOf(device).precisions.includes(precision),
  );
  return (await fastestOf(candidates, signal))?.device;
}

function choosable(): Device[] {
  return supportedDevices().filter((device) => !traitsOf(device).software);
}

async function fastestDevice(signal: AbortSignal | undefined, precision: Precision): Promise<Device> {
  const candidates = choosable().filter((device) => traitsOf(device).precisions.includes(precision));
  const [only] = candidates;
  if (candidates.length === 1 && only) return only;
  const best = await fastestOf(candidates, signal);
  if (!best)
    throw new NoDeviceWorks(
      `No device of this machine${precision === 'fp32' ? '' : ` that computes in ${precision}`} passes its test: run “understudy doctor” to see why.`,
    );
  return best.device;
}

async function fastestOf(
  candidates: readonly Device[],
  signal: AbortSignal | undefined,
): Promise<DeviceFinding | undefined> {
  const findings: DeviceFinding[] = [];
  for (const device of candidates) {
    findings.push({ device, traits: traitsOf(device), report: await reportOf(device, signal) });
  }
  return fastest(findings);
}
