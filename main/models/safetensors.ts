/**
 * The safetensors format: an 8-byte length, a JSON header that gives each tensor's type, shape and byte range, then the
 * bytes. Written tensor by tensor, without a second copy of the whole; read into float32 by `SafetensorsReader`.
 */
import { writeAtomically } from '../atomic-file.ts';
import type { Shape } from '../graph/program.ts';
import { SafetensorsReader } from './safetensors-reader.ts';
import { storageType } from './storage-types.ts';

export interface StoredTensor {
  readonly shape: Shape;
  readonly data: Float32Array | BigInt64Array;
}

export interface SafetensorsFile {
  /** Floating-point tensors, whatever their precision on disk. */
  readonly tensors: Map<string, { shape: Shape; data: Float32Array }>;
  readonly metadata: ReadonlyMap<string, string>;
}

const ALIGNMENT = 8;

export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const entries: [string, unknown][] = Object.keys(metadata).length > 0 ? [['__metadata__', metadata]] : [];
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    const dtype = data instanceof Float32Array ? 'F32' : 'I64';
    entries.push([name, { dtype, shape, data_offsets: [offset, offset + data.byteLength] }]);
    offset += data.byteLength;
  }
  const text = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Math.ceil(text.length / ALIGNMENT) * ALIGNMENT;
  const start = Buffer.alloc(8 + length, ' ');
  start.writeBigUInt64LE(BigInt(length));
  text.copy(start, 8);
  await writeAtomically(path, async (file) => {
    await file.writeFile(start);
    for (const { data } of tensors.values()) {
      await file.writeFile(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
  });
}

/** Reads the complete file at once. Integer tensors are left out. Throws `CheckpointUnreadable`. */
export async function readSafetensors(path: string): Promise<SafetensorsFile> {
  return await withSafetensors(path, async (reader) => {
    const tensors: SafetensorsFile['tensors'] = new Map();
    for (const [name, { shape, type }] of reader.tensors) {
      if (storageType(type).toFloat32) tensors.set(name, { shape, data: await reader.float32(name) });
    }
    return { tensors, metadata: reader.metadata };
  });
}

/** Opens the file for the duration of `use`. Throws `CheckpointUnreadable`. */
export async function withSafetensors<T>(path: string, use: (reader: SafetensorsReader) => Promise<T>): Promise<T> {
  const reader = await SafetensorsReader.open(path);
  try {
    return await use(reader);
  } finally {
    await reader.close();
  }
}
