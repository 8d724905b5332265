/** What both forms of PyTorch's file come to: a value, and where the numbers of its tensors lie. */
import type { FileHandle } from 'node:fs/promises';
import { PickleRefused } from './pickle.ts';
import type { Storage } from './tensor-globals.ts';

/** The pickle of a checkpoint with thousands of tensors takes a few hundred kilobytes. */
export const LONGEST_PICKLE_BYTES = 32 * 2 ** 20;

export interface PickledWeights {
  readonly root: unknown;
  /** Where a storage's bytes lie in the file; undefined when they are not there. */
  place(storage: Storage): { readonly from: number; readonly bytes: number } | undefined;
}

/** Throws `PickleRefused` where the file ends before. */
export async function readExactly(file: FileHandle, from: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  let done = 0;
  while (done < bytes) {
    const { bytesRead } = await file.read(buffer, done, bytes - done, from + done);
    if (bytesRead === 0) throw new PickleRefused('it is cut short');
    done += bytesRead;
  }
  return buffer;
}
