/** Named tensors in a file, whatever its format. */
import type { Shape } from '../graph/program.ts';

export interface FileTensor {
  readonly shape: Shape;
  /** As safetensors names it. */
  readonly dtype: string;
}

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, FileTensor>;
  readonly metadata: Readonly<Record<string, string>>;
  /** What a person should know of how it was read; empty for most files. */
  readonly notes: readonly string[];
  /** One tensor's numbers, read from the disk now. Throws `CheckpointUnreadable` for numbers that are no floats. */
  floats(name: string): Promise<Float32Array<ArrayBuffer>>;
  close(): Promise<void>;
}
