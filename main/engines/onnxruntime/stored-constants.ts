/**
 * How a session takes constants from a file. The runtime maps them, and unmaps those that it has reordered, so that one copy
 * of the whole is in memory. Three things keep it that way:
 *
 * - batch norms are not folded: a folded filter would be kept beside its reordered copy;
 * - activations are freed after each run, where an arena would keep the most that any run needed, in doubling steps;
 * - reordered weights get mapped blocks of their own (`returningMemory`).
 *
 * Measured on ResNeXt-101 of 1,284 MB in batches of 4: a peak of 1.21 times the file, instead of 6.6 times with constants inside
 * the model. Batch norms as separate passes cost no measurable time at that size.
 */
import { dirname } from 'node:path';
import { foreignFunctions } from '../foreign-functions.ts';
import type { InferenceSession } from './runtime.ts';

/** The options of a session that takes constants from the file at `path`; `extra` are the options of every session. */
export function storedOptions(path: string, extra: Extra): InferenceSession.SessionOptions {
  return {
    enableCpuMemArena: false,
    enableMemPattern: false,
    extra: {
      session: { ...extra.session, model_external_initializers_file_folder_path: dirname(path) },
      optimization: { disable_specified_optimizers: 'ConvBNFusion' },
    },
  };
}

interface Extra {
  readonly session?: Readonly<Record<string, unknown>>;
}

const TRIM_THRESHOLD = -1;
const MAP_THRESHOLD = -3;
const MAPPED_FROM_BYTES = 2 ** 20;
/** The most that glibc raises it to by itself. */
const USUAL_MOST_BYTES = 32 * 2 ** 20;

/**
 * Runs `work` with every large block of memory mapped separately, so that it returns to the system when freed. Once a block
 * of up to 32 MB was freed, glibc puts blocks of that size on its heap, where freed room may stay: half a gigabyte for a
 * network of 1.4 GB. Other C libraries always map large blocks.
 */
export async function returningMemory<T>(work: () => Promise<T>): Promise<T> {
  const set = process.platform === 'linux' ? memoryOptions() : undefined;
  if (!set) return await work();
  set(MAP_THRESHOLD, MAPPED_FROM_BYTES);
  try {
    return await work();
  } finally {
    set(MAP_THRESHOLD, USUAL_MOST_BYTES);
    set(TRIM_THRESHOLD, 2 * USUAL_MOST_BYTES);
  }
}

/** Undefined if the C library is not glibc. */
function memoryOptions(): ((option: number, value: number) => number) | undefined {
  try {
    return foreignFunctions().load('libc.so.6').func('mallopt', 'int', ['int', 'int']);
  } catch {
    return undefined;
  }
}
