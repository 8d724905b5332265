/** Resources used by a piece of work: wall-clock time, time on all processors, and memory. */
import { readFileSync, writeFileSync } from 'node:fs';
import { rounded } from './median.ts';

export interface Cost {
  readonly seconds: number;
  /** Over all threads of this process. */
  readonly cpuSeconds: number;
  /** Of this process during the work, if the system reports it (Linux); elsewhere since the process began. */
  readonly peakMebibytes: number;
}

export async function costOf(work: () => Promise<unknown>): Promise<Cost> {
  forgetPeak();
  const before = process.cpuUsage();
  const start = performance.now();
  await work();
  const seconds = rounded((performance.now() - start) / 1000);
  const { user, system } = process.cpuUsage(before);
  return { seconds, cpuSeconds: rounded((user + system) / 1e6), peakMebibytes: Math.round(peakKibibytes() / 1024) };
}

/** proc(5): 5 resets the high-water mark. */
function forgetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // No such file on other systems.
  }
}

function peakKibibytes(): number {
  try {
    const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (peak !== undefined) return Number(peak);
  } catch {
    // No such file on other systems.
  }
  return process.resourceUsage().maxRSS;
}
