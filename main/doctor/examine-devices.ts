/**
 * Which devices this machine has, whether they compute rightly, and how fast. The choice is made by that test and that
 * measurement, not by a device's name.
 */
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { DeviceKind } from '../engines/engine.ts';
import { supportedProviders } from '../engines/onnxruntime/providers.ts';
import { useSoftwareVulkanIfAlone } from '../engines/onnxruntime/software-vulkan.ts';
import { Interrupted, messageOf } from '../failure.ts';
import { builtEntry } from '../jobs/built-entry.ts';
import { runProbe } from './probe-runner.ts';

export type ProbeReport =
  | { readonly works: true; readonly worstError: number; readonly imagesPerSecond: number }
  | { readonly works: false; readonly reason: string };

export interface DeviceFinding {
  readonly device: DeviceKind;
  /** For people. */
  readonly name: string;
  /** A software stand-in for a GPU: listed, tested, never chosen by itself. */
  readonly software: boolean;
  readonly report: ProbeReport;
}

const PROBE_TIMEOUT_MS = 120_000;
/** What this process found before: a driver does not change under it. */
const reports = new Map<DeviceKind, ProbeReport>();

/** The likely fastest first, TensorFlow also where it is not installed: it says how it would be. */
export function examinedDevices(): DeviceKind[] {
  return [...supportedProviders(), 'tensorflow'];
}

/** Tests every device, each in a process of its own. Throws `Interrupted` when `signal` asks to stop. */
export async function* examineDevices(signal?: AbortSignal): AsyncGenerator<DeviceFinding> {
  for (const device of examinedDevices()) {
    const software = device === 'webgpu' && useSoftwareVulkanIfAlone();
    yield { device, name: deviceName(device, software), software, report: await probeDevice(device, signal) };
  }
}

/** The fastest of the devices that work; undefined when none does. */
export function fastest(findings: readonly DeviceFinding[]): DeviceFinding | undefined {
  const speed = ({ report }: DeviceFinding) => (report.works ? report.imagesPerSecond : 0);
  return findings
    .filter(({ report, software }) => report.works && !software)
    .reduce<DeviceFinding | undefined>((best, next) => (best && speed(best) >= speed(next) ? best : next), undefined);
}

/** From the last test of this process, or from a new one. Throws `Interrupted` when `signal` asks to stop. */
export async function reportOf(device: DeviceKind, signal?: AbortSignal): Promise<ProbeReport> {
  return reports.get(device) ?? (await probeDevice(device, signal));
}

async function probeDevice(device: DeviceKind, signal?: AbortSignal): Promise<ProbeReport> {
  try {
    const probe = fileURLToPath(builtEntry('device-probe'));
    const report = JSON.parse(await runProbe(probe, device, PROBE_TIMEOUT_MS, signal)) as ProbeReport;
    reports.set(device, report);
    return report;
  } catch (error) {
    if (signal?.aborted) throw new Interrupted();
    return { works: false, reason: `its test ended without an answer (${messageOf(error).split('\n')[0]})` };
  }
}

/** For people. */
export function deviceName(device: DeviceKind, software: boolean): string {
  const names = {
    cpu: `${cpus()[0]?.model.trim() ?? 'processor'}, ${cpus().length} threads`,
    webgpu: software ? 'SwiftShader, a software stand-in for a GPU' : 'GPU through WebGPU',
    cuda: 'NVIDIA GPU through CUDA',
    dml: 'GPU through DirectML',
    coreml: 'Apple GPU and Neural Engine through Core ML',
    tensorflow: 'TensorFlow',
  } satisfies Record<DeviceKind, string>;
  return names[device];
}
