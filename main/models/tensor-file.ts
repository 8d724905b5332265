/** Named tensors in a file of any supported format, from which a network is loaded. */
import { open, stat } from 'node:fs/promises';
import type { Shape } from '../graph/program.ts';
import { beginsLikePytorch, openPytorchFile } from './pytorch/pytorch-file.ts';
import { SafetensorsReader } from './safetensors-reader.ts';
import type { StorageTypeName } from './storage-types.ts';

export interface FileTensor {
  readonly shape: Shape;
  readonly type: StorageTypeName;
}

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, FileTensor>;
  readonly metadata: ReadonlyMap<string, string>;
  /**
   * A tensor's numbers, row-major, read from the disk on each call. Throws `CheckpointUnreadable` if they are not
   * floating-point numbers or no longer there.
   */
  float32(name: string): Promise<Float32Array>;
  /** Byte offset of a tensor's numbers in the file; undefined if they are not contiguous and row-major. */
  placeOf(name: string): number | undefined;
  close(): Promise<void>;
}

const START_BYTES = 512;

/**
 * Opens the file for the duration of `use`: safetensors, or either of PyTorch's formats. Throws `CheckpointUnreadable`.
 */
export async function withTensorFile<T>(path: string, use: (file: TensorFile) => Promise<T>): Promise<T> {
  const pytorch = beginsLikePytorch(await startOf(path));
  const file: TensorFile = pytorch ? await openPytorchFile(path) : await SafetensorsReader.open(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** Empty if it cannot be read: the safetensors reader then reports why. */
async function startOf(path: string): Promise<Buffer> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return Buffer.alloc(0);
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return Buffer.alloc(0);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
