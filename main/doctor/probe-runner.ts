/**
 * How the process that tests a device is started: as Node, unless the host cannot start itself as Node and provides
 * another way.
 */
import { type ExecFileException, execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Resolves with the entry's output; rejects if it fails, takes too long or is asked to stop. */
export type RunProbe = (entry: string, device: string, timeoutMs: number, signal?: AbortSignal) => Promise<string>;

/** Where the program that runs is Node. */
export const probeInNode: RunProbe = async (entry, device, timeoutMs, signal) => {
  try {
    return (await promisify(execFile)(process.execPath, [entry, device], { timeout: timeoutMs, signal })).stdout;
  } catch (error) {
    throw new Error(howItEnded(error as ExecFileException, timeoutMs), { cause: error });
  }
};

function howItEnded({ killed, signal, code, stderr = '', message }: ExecFileException, timeoutMs: number): string {
  if (killed) return `it took longer than ${timeoutMs / 1000} s`;
  if (signal) return `its process was ended by ${signal}, as by a driver that aborts`;
  return typeof code === 'number' ? stderr.trim().split('\n').at(-1) || `it ended with code ${code}` : message;
}

let current = probeInNode;

/** Set for the whole process, which has only one host. */
export function runProbesBy(run: RunProbe): void {
  current = run;
}

export const runProbe: RunProbe = (entry, device, timeoutMs, signal) => current(entry, device, timeoutMs, signal);
