/** The common result of both PyTorch file formats: a value, and the positions of its tensors' numbers. */
import type { FileHandle } from 'node:fs/promises';
import { PickleRefused } from './pickle.ts';
import type { Storage } from './tensor-globals.ts';

/** The pickle of a checkpoint with thousands of tensors takes a few hundred kilobytes. */
export const LONGEST_PICKLE_BYTES = 32 * 2 ** 20;

export interface PickledWeights {
  readonly root: unknown;
  /** The position of a storage's bytes in the file; undefined if they are missing. */
  place(storage: Storage): { readonly from: number; readonly bytes: number } | undefined;
}

/** Throws `PickleRefused` if the file ends before that. */
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
