/**
 * The safetensors format: an 8-byte length, a JSON header that names each tensor's type, shape and byte range, then the
 * bytes. Written tensor by tensor, without a second copy of the whole; read into float32.
 */
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { writeAtomically } from '../atomic-file.ts';
import { ExpectedFailure } from '../failure.ts';
import { elementCount, type Shape } from '../graph/program.ts';

export interface StoredTensor {
  readonly shape: Shape;
  readonly data: Float32Array | BigInt64Array;
}

export interface SafetensorsFile {
  /** Floating-point tensors, whatever their precision on disk. */
  readonly tensors: Map<string, { shape: Shape; data: Float32Array }>;
  readonly metadata: Readonly<Record<string, string>>;
}

export class CheckpointUnreadable extends ExpectedFailure {}

const ALIGNMENT = 8;
const LARGEST_HEADER_BYTES = 100 * 2 ** 20;

const entrySchema = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
});

/** Little-endian on disk, as on every processor that Node runs on. */
const toFloat32: Readonly<Record<string, { bytes: number; read: (raw: Buffer) => Float32Array }>> = {
  F64: { bytes: 8, read: (raw) => Float32Array.from(new Float64Array(aligned(raw))) },
  F32: { bytes: 4, read: (raw) => new Float32Array(aligned(raw)) },
  F16: { bytes: 2, read: (raw) => Float32Array.from(new Uint16Array(aligned(raw)), halfToFloat) },
  BF16: {
    bytes: 2,
    read: (raw) => new Float32Array(Uint32Array.from(new Uint16Array(aligned(raw)), (h) => h << 16).buffer),
  },
};

export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  let offset = 0;
  for (const [name, { shape, data }] of tensors) {
    const dtype = data instanceof Float32Array ? 'F32' : 'I64';
    header[name] = { dtype, shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  const text = Buffer.from(JSON.stringify(header));
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

/** Throws `CheckpointUnreadable` for anything but a whole, well-formed file. Integer tensors are left out. */
export async function readSafetensors(path: string): Promise<SafetensorsFile> {
  return await withHeader(path, async ({ entries, metadata }, read) => {
    const tensors: SafetensorsFile['tensors'] = new Map();
    for (const { name, shape, type, from, to } of entries) {
      tensors.set(name, { shape, data: type.read(await read(from, to - from)) });
    }
    return { tensors, metadata };
  });
}

/** The same without the tensors' contents, which may be gigabytes. */
export async function readSafetensorsHeader(
  path: string,
): Promise<{ readonly shapes: Map<string, Shape>; readonly metadata: SafetensorsFile['metadata'] }> {
  return await withHeader(path, async ({ entries, metadata }) => ({
    shapes: new Map(entries.map(({ name, shape }) => [name, shape])),
    metadata,
  }));
}

interface Header {
  readonly entries: readonly {
    readonly name: string;
    readonly shape: Shape;
    readonly type: { readonly read: (raw: Buffer) => Float32Array };
    /** Places in the file. */
    readonly from: number;
    readonly to: number;
  }[];
  readonly metadata: SafetensorsFile['metadata'];
}

type Read = (from: number, bytes: number) => Promise<Buffer>;

async function withHeader<T>(path: string, use: (header: Header, read: Read) => Promise<T>): Promise<T> {
  const unreadable = (why: string) =>
    new CheckpointUnreadable(`${path} is not a model that can be read: ${why}; give a safetensors file.`);
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw unreadable(error.code === 'ENOENT' ? 'there is no such file' : error.message);
  });
  try {
    const { size } = await file.stat();
    const read: Read = async (from, bytes) => {
      const raw = Buffer.alloc(bytes);
      const { bytesRead } = await file.read(raw, 0, bytes, from);
      if (bytesRead !== bytes) throw unreadable('it is cut short');
      return raw;
    };
    if (size < 8) throw unreadable('it is cut short');
    const length = Number((await read(0, 8)).readBigUInt64LE());
    if (length > LARGEST_HEADER_BYTES || 8 + length > size)
      throw unreadable('it does not begin with a safetensors header');
    const header = parseHeader((await read(8, length)).toString('utf8'));
    if (!header) throw unreadable('it does not begin with a safetensors header');
    const entries = header.entries.flatMap(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => {
        if (8 + length + to > size || to < from) throw unreadable('it is cut short');
        const type = toFloat32[dtype];
        if (!type) return [];
        if (to - from !== type.bytes * elementCount(shape)) throw unreadable(`its tensor ${name} has the wrong length`);
        return [{ name, shape, type, from: 8 + length + from, to: 8 + length + to }];
      },
    );
    return await use({ entries, metadata: header.metadata }, read);
  } finally {
    await file.close();
  }
}

function parseHeader(text: string) {
  try {
    const { __metadata__, ...entries } = z.record(z.string(), z.unknown()).parse(JSON.parse(text));
    const metadata = z.record(z.string(), z.string()).parse(__metadata__ ?? {});
    return { metadata, entries: Object.entries(z.record(z.string(), entrySchema).parse(entries)) };
  } catch {
    return undefined;
  }
}

/** A buffer of its own, so that typed arrays of any width can view it. */
function aligned(raw: Buffer): ArrayBuffer {
  return raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength) as ArrayBuffer;
}

function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
