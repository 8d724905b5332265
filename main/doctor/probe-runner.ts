/** How the process that tests a device is started: as Node, unless the host cannot start itself as Node and brings another way. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Resolves with what the entry wrote; rejects when it fails, takes too long or is asked to stop. */
export type RunProbe = (entry: string, device: string, timeoutMs: number, signal?: AbortSignal) => Promise<string>;

let current: RunProbe = async (entry, device, timeoutMs, signal) =>
  (await promisify(execFile)(process.execPath, [entry, device], { timeout: timeoutMs, signal })).stdout;

/** For the whole process: there is one host in it. */
export function runProbesBy(run: RunProbe): void {
  current = run;
}

export const runProbe: RunProbe = (entry, device, timeoutMs, signal) => current(entry, device, timeoutMs, signal);
