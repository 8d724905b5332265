/**
 * The benefit of threads beside the runtime's own: libuv's, on which images are decoded; libvips', within one image;
 * and those that prepare training batches ahead. Each case is measured idle and beside busy processes, the variants
 * taking turns within each round, forwards and backwards. Reports medians of the rates, and of each round's ratios to
 * the variant that runs use.
 */
import { execFile, spawn } from 'node:child_process';
import { promisify } from 'node:util';
import { at } from '../at.ts';
import { requireGoingOn } from '../failure.ts';
import { median, rounded } from './median.ts';

export interface ThreadsVariant {
  readonly label: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly options?: readonly string[];
}

/** The first is what runs use. */
export const decodingVariants: readonly ThreadsVariant[] = [
  { label: '4 at once' },
  ...[1, 2, 8].map((size) => ({ label: `${size} at once`, environment: { UV_THREADPOOL_SIZE: String(size) } })),
  { label: '4 at once, 2 threads each', options: ['--threads-an-image', '2'] },
];

export const batchVariants: readonly ThreadsVariant[] = [
  { label: 'on the training’s thread' },
  { label: 'ahead, on a thread', options: ['--batch-threads', '1'] },
];

export interface ThreadsLine {
  readonly case: string;
  readonly busyProcesses: number;
  readonly rates: readonly { readonly label: string; readonly images_per_s: number; readonly ratio: number }[];
}

interface ThreadsRequest {
  readonly processes: number;
  readonly threads: number;
  readonly rounds: number;
  readonly signal: AbortSignal;
}

/**
 * Throws `Interrupted` when `signal` aborts. Each measurement has a process of its own, since a thread pool keeps the
 * size it had when first used.
 */
export async function* compareThreads(
  name: string,
  variants: readonly ThreadsVariant[],
  { processes, threads, rounds, signal }: ThreadsRequest,
): AsyncGenerator<ThreadsLine> {
  for (const busyProcesses of [0, processes]) {
    const measured = variants.map((variant) => ({ variant, rates: [] as number[] }));
    for (let round = 0; round < rounds; round++) {
      for (const { variant, rates } of round % 2 === 0 ? measured : measured.toReversed()) {
        const others = Array.from({ length: busyProcesses }, () => spawn(process.execPath, ['-e', 'for (;;);']));
        try {
          rates.push(await rateOf(name, variant, threads, signal));
        } finally {
          for (const other of others) other.kill('SIGKILL');
        }
      }
    }
    const own = at(measured, 0).rates;
    const rates = measured.map(({ variant: { label }, rates: values }) => ({
      label,
      images_per_s: rounded(median(values)),
      ratio: rounded(median(values.map((value, round) => value / at(own, round)))),
    }));
    yield { case: name, busyProcesses, rates };
  }
}

async function rateOf(
  name: string,
  { environment, options = [] }: ThreadsVariant,
  threads: number,
  signal: AbortSignal,
): Promise<number> {
  requireGoingOn(signal);
  const bench = at(process.argv, 1);
  const args = [bench, '--json', '--rounds', '1', '--threads', String(threads), ...options, name];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, ...environment },
    signal,
  });
  return (JSON.parse(stdout) as { images_per_s: number }).images_per_s;
}
