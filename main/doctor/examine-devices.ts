/**
 * Which devices this machine has, whether they compute correctly, and how fast. Devices are chosen by that test and
 * measurement, not by name.
 */
import { fileURLToPath } from 'node:url';
import { type Device, deviceName } from '../engines/device.ts';
import type { DeviceTraits } from '../engines/engine.ts';
import { listedDevices, traitsOf } from '../engines/engines.ts';
import { Interrupted, messageOf } from '../failure.ts';
import { builtEntry } from '../jobs/built-entry.ts';
import { runProbe } from './probe-runner.ts';
import { rememberedVerdict, rememberVerdict } from './remembered-verdicts.ts';

/** The findings in one precision. */
export interface PrecisionReport {
  readonly worstError: number;
  readonly imagesPerSecond: number;
}

export type ProbeReport =
  /** In fp32, and in bf16 if the device has it. */
  | ({ readonly works: true; readonly bf16?: PrecisionReport } & PrecisionReport)
  | { readonly works: false; readonly reason: string };

export interface DeviceFinding {
  readonly device: Device;
  readonly traits: DeviceTraits;
  readonly report: ProbeReport;
}

const PROBE_TIMEOUT_MS = 120_000;
/** Earlier findings of this process, by device name: a driver does not change while a process runs. */
const reports = new Map<string, ProbeReport>();

/** Tests each device, all by default, in a process of its own. Throws `Interrupted` when `signal` aborts. */
export async function* examineDevices(
  signal?: AbortSignal,
  devices: readonly Device[] = listedDevices(),
): AsyncGenerator<DeviceFinding> {
  for (const device of devices) {
    yield { device, traits: traitsOf(device), report: await probeDevice(device, signal) };
  }
}

/** The fastest of the working devices; undefined if none works. */
export function fastest(findings: readonly DeviceFinding[]): DeviceFinding | undefined {
  const speed = ({ report }: DeviceFinding) => (report.works ? report.imagesPerSecond : 0);
  return findings
    .filter(({ report, traits }) => report.works && !traits.software)
    .reduce<DeviceFinding | undefined>((best, next) => (best && speed(best) >= speed(next) ? best : next), undefined);
}

/** From the last test in this process; undefined before the first one. */
export function knownReportOf(device: Device): ProbeReport | undefined {
  return reports.get(deviceName(device));
}

/**
 * From the last test in this process; for a card that identifies itself, from an earlier process's test with the same
 * driver and program version; otherwise from a new test. Throws `Interrupted` when `signal` aborts.
 */
export async function reportOf(device: Device, signal?: AbortSignal): Promise<ProbeReport> {
  const known = knownReportOf(device) ?? (await rememberedVerdict(device));
  if (!known) return await probeDevice(device, signal);
  reports.set(deviceName(device), known);
  return known;
}

async function probeDevice(device: Device, signal?: AbortSignal): Promise<ProbeReport> {
  const name = deviceName(device);
  try {
    const probe = fileURLToPath(builtEntry('device-probe'));
    const report = JSON.parse(await runProbe(probe, name, PROBE_TIMEOUT_MS, signal)) as ProbeReport;
    reports.set(name, report);
    await rememberVerdict(device, report);
    return report;
  } catch (error) {
    if (signal?.aborted) throw new Interrupted();
    const reason = `its test ended without a result (${messageOf(error).split('\n')[0]})`;
    await rememberVerdict(device, { works: false, reason });
    return { works: false, reason };
  }
}
