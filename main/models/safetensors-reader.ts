/**
 * Reads a safetensors file tensor by tensor, so that a checkpoint of any size only needs memory for what is requested:
 * numbers of another precision are converted a few megabytes at a time.
 */
import { readSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { ExpectedFailure } from '../failure.ts';
import { elementCount } from '../graph/program.ts';
import { whyUnread } from '../why-unread.ts';
import { pointerFault } from './git-lfs.ts';
import { HeaderFault } from './header-cursor.ts';
import { quoted } from './quoted.ts';
import { LARGEST_HEADER_BYTES, readHeader, type SafetensorsHeader } from './safetensors-header.ts';
import { storageType } from './storage-types.ts';

export class CheckpointUnreadable extends ExpectedFailure {}

const LENGTH_BYTES = 8;
/** Size of one read; a multiple of every type's length, below the limit of a single read (2 GiB). */
const READ_BYTES = 4 * 2 ** 20;

export class SafetensorsReader implements SafetensorsHeader {
  readonly tensors: SafetensorsHeader['tensors'];
  readonly metadata: SafetensorsHeader['metadata'];
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #dataStart: number;

  private constructor(path: string, file: FileHandle, dataStart: number, header: SafetensorsHeader) {
    this.#path = path;
    this.#file = file;
    this.#dataStart = dataStart;
    this.tensors = header.tensors;
    this.metadata = header.metadata;
  }

  /** Throws `CheckpointUnreadable` for anything but an intact file of the format. The caller must close it. */
  static async open(path: string): Promise<SafetensorsReader> {
    const file = await openFile(path);
    try {
      const { size } = await file.stat();
      const start = Buffer.alloc(LENGTH_BYTES + 1);
      const { bytesRead } = await file.read(start, 0, start.length, 0);
      const headerBytes = start.readBigUInt64LE();
      const begins = bytesRead === start.length && start[LENGTH_BYTES] === '{'.charCodeAt(0);
      if (!begins || headerBytes > BigInt(size - LENGTH_BYTES)) {
        throw new HeaderFault(
          pointerFault(start) ?? 'it does not begin with a safetensors header, or is cut short in it',
        );
      }
      if (headerBytes > BigInt(LARGEST_HEADER_BYTES)) throw new HeaderFault('its header is larger than 100 MB');
      const dataStart = LENGTH_BYTES + Number(headerBytes);
      const header = readHeader((window, place) => {
        const length = Math.min(window.length, dataStart - LENGTH_BYTES - place);
        // Synchronous: a header is small, and parsing it byte by byte has to be quick.
        return length === 0 ? 0 : readSync(file.fd, window, 0, length, LENGTH_BYTES + place);
      }, size - dataStart);
      return new SafetensorsReader(path, file, dataStart, header);
    } catch (error) {
      await file.close();
      throw error instanceof HeaderFault ? unreadable(path, error.message) : error;
    }
  }

  /**
   * A tensor's numbers, row-major. Throws `CheckpointUnreadable` if they are not floating-point numbers, if the file
   * has become shorter than its header says, or if they do not fit into memory.
   */
  async float32(name: string): Promise<Float32Array> {
    const place = this.tensors.get(name);
    if (!place) throw new Error(`the file has no tensor ${name}`);
    const { bits, toFloat32 } = storageType(place.type);
    if (!toFloat32) {
      throw unreadable(this.#path, `its tensor ${quoted(name)} is stored as ${place.type}, which cannot be weights`);
    }
    const numbers = this.#allocate(elementCount(place.shape));
    if (place.type === 'F32') {
      await this.#fill(new Uint8Array(numbers.buffer), place.from);
      return numbers;
    }
    const raw = new Uint8Array(Math.min(READ_BYTES, place.to - place.from));
    for (let from = place.from; from < place.to; from += raw.length) {
      const piece = raw.subarray(0, Math.min(raw.length, place.to - from));
      await this.#fill(piece, from);
      toFloat32(piece, numbers, ((from - place.from) * 8) / bits);
    }
    return numbers;
  }

  placeOf(name: string): number | undefined {
    const place = this.tensors.get(name);
    return place && this.#dataStart + place.from;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  #allocate(count: number): Float32Array<ArrayBuffer> {
    try {
      return new Float32Array(count);
    } catch {
      const gigabytes = Math.ceil((count * 4) / 1e9);
      throw unreadable(this.#path, `it holds a tensor of ${gigabytes} GB, which does not fit into memory`);
    }
  }

  async #fill(bytes: Uint8Array, from: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const length = Math.min(READ_BYTES, bytes.length - done);
      const { bytesRead } = await this.#file.read(bytes, done, length, this.#dataStart + from + done);
      if (bytesRead === 0) throw unreadable(this.#path, 'it is cut short');
      done += bytesRead;
    }
  }
}

function unreadable(path: string, why: string): CheckpointUnreadable {
  return new CheckpointUnreadable(
    `${path} is not a model that can be read: ${why}; give a whole safetensors, PyTorch or ONNX file.`,
  );
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    // Opening a pipe would block for ever.
    if (!(await stat(path)).isFile()) throw unreadable(path, 'it is not a file');
    return await open(path, 'r');
  } catch (error) {
    throw error instanceof ExpectedFailure ? error : unreadable(path, whyUnread(error));
  }
}
