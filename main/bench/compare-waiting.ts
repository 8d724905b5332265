/**
 * The cost of how processor threads wait: each case is measured idle and beside busy processes, with waiting threads
 * that sleep at once, that spin for a while, and that spin as the runtime does by default. The variants take turns
 * within each round, forwards and backwards. Reports medians of the rates, and of each round's ratios to the runtime's
 * default.
 */
import { spawn } from 'node:child_process';
import { at } from '../at.ts';
import { type BenchCase, measureCase } from './measure.ts';
import { median, rounded } from './median.ts';

const SPINS_US = [Number.POSITIVE_INFINITY, 0, 50, 300];

export interface WaitingLine {
  readonly busyProcesses: number;
  readonly rates: readonly { readonly spinUs: number; readonly images_per_s: number; readonly ratio: number }[];
}

interface WaitingRequest {
  readonly processes: number;
  readonly threads: number;
  readonly rounds: number;
  readonly signal: AbortSignal;
}

/** Throws `Interrupted` when `signal` aborts. */
export async function* compareWaiting(
  wanted: BenchCase,
  { processes, threads, rounds, signal }: WaitingRequest,
): AsyncGenerator<WaitingLine> {
  for (const busyProcesses of [0, processes]) {
    const measured = new Map(SPINS_US.map((spinUs) => [spinUs, [] as number[]]));
    for (let round = 0; round < rounds; round++) {
      for (const spinUs of round % 2 === 0 ? SPINS_US : SPINS_US.toReversed()) {
        const others = Array.from({ length: busyProcesses }, () => spawn(process.execPath, ['-e', 'for (;;);']));
        try {
          const options = { device: 'cpu', threads, profile: false, spinUs, signal };
          measured.get(spinUs)?.push((await measureCase(wanted, options)).imagesPerSecond);
        } finally {
          for (const other of others) other.kill('SIGKILL');
        }
      }
    }
    const [ownWay = []] = measured.values();
    const rates = [...measured].map(([spinUs, values]) => ({
      spinUs,
      images_per_s: rounded(median(values)),
      ratio: rounded(median(values.map((value, round) => value / at(ownWay, round)))),
    }));
    yield { busyProcesses, rates };
  }
}
