/**
 * An ONNX file with the weights that are stored beside it, as PyTorch's exporter writes even small networks: every
 * tensor is taken into the file, which can then be copied, named by its content and moved alone.
 */
import { constants } from 'node:fs';
import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { ExpectedFailure } from '../../failure.ts';
import { whyUnread } from '../../why-unread.ts';
import { pointerFault } from '../git-lfs.ts';
import { fieldOf, fieldsOf, type OnnxField, textIn } from './onnx-fields.ts';
import { OnnxUnreadable } from './onnx-file.ts';

/** Field numbers of onnx.proto3. */
const GRAPH_OF_MODEL = 7;
const INITIALIZER = 5;
const TENSOR = { raw: 9, externalData: 13, dataLocation: 14 } as const;
const [KEY, VALUE] = [1, 2];
/** `data_location: EXTERNAL`. */
const EXTERNAL = Uint8Array.of((TENSOR.dataLocation << 3) | 0, 1);
/** Protobuf messages, and what the runtime opens from memory, are limited to 2 GiB. */
const LARGEST_BYTES = 2 ** 31 - 1;

interface Beside {
  readonly location: string;
  readonly from: number;
  /** Undefined: up to the end of the file. */
  readonly bytes: number | undefined;
}

/** Throws `OnnxUnreadable` for anything but a file that could be an ONNX network. */
async function readOnnx(path: string): Promise<Uint8Array> {
  const unreadable = (why: string) =>
    new OnnxUnreadable(`${path} is not a network that can be read: ${why}; give a whole .onnx file.`);
  try {
    const found = await stat(path);
    // Reading a pipe would block for ever.
    if (!found.isFile()) throw unreadable('it is not a file');
    if (found.size > LARGEST_BYTES) throw unreadable('it is larger than an ONNX file can be (2 GiB)');
    const file = await readFile(path);
    const fault = pointerFault(file);
    if (fault !== undefined) throw unreadable(fault);
    return file;
  } catch (error) {
    throw error instanceof ExpectedFailure ? error : unreadable(whyUnread(error));
  }
}

/**
 * The file's bytes; unchanged if all of its weights are inside. Throws `OnnxUnreadable` if a weight's file is missing,
 * too short or not in the same folder, or if the whole would be larger than an ONNX file can be.
 */
export async function readWholeOnnx(path: string): Promise<Uint8Array> {
  const file = await readOnnx(path);
  const model = fieldsOf(path, file);
  const graph = model.filter(({ id }) => id === GRAPH_OF_MODEL).flatMap(({ content }) => fieldsOf(path, content));
  const outside = new Map<OnnxField, Beside>();
  for (const field of graph) {
    const beside = field.id === INITIALIZER ? besideOf(path, fieldsOf(path, field.content)) : undefined;
    if (beside) outside.set(field, beside);
  }
  if (outside.size === 0) return file;
  const weights = new WeightFiles(path, file.length);
  try {
    const whole: Uint8Array[] = [];
    for (const field of graph) {
      const beside = outside.get(field);
      whole.push(beside ? await insideOf(path, field, await weights.read(beside)) : field.bytes);
    }
    const rest = model.filter(({ id }) => id !== GRAPH_OF_MODEL).map(({ bytes }) => bytes);
    return Buffer.concat([...rest, fieldOf(GRAPH_OF_MODEL, Buffer.concat(whole))]);
  } finally {
    await weights.close();
  }
}

/** Undefined for a tensor whose numbers are in the file. */
function besideOf(path: string, tensor: readonly OnnxField[]): Beside | undefined {
  if (!tensor.some(({ bytes }) => Buffer.from(EXTERNAL).equals(bytes))) return undefined;
  const entries = new Map(
    tensor
      .filter(({ id }) => id === TENSOR.externalData)
      .map(({ content }) => [textIn(path, content, KEY), textIn(path, content, VALUE)]),
  );
  const [location, from, bytes] = [
    entries.get('location') ?? '',
    count(entries.get('offset')),
    count(entries.get('length')),
  ];
  const [isWrong, isOutside] = [Number.isNaN(from) || Number.isNaN(bytes), !isBeside(location)];
  if (isWrong || isOutside) {
    throw new OnnxUnreadable(
      `${path} keeps weights in “${location}”${isOutside ? ', which is not in its folder' : ' at a place that is not a number'}: export the network again, with its weights inside.`,
    );
  }
  return { location, from: from ?? 0, bytes };
}

/** NaN for what is not a number of bytes. */
function count(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
}

function isBeside(location: string): boolean {
  const steps = normalize(location).split(sep);
  return location !== '' && !isAbsolute(location) && !location.includes('\0') && !steps.includes('..');
}

/** The same tensor with its numbers in the file. */
async function insideOf(path: string, { content }: OnnxField, numbers: Uint8Array): Promise<Uint8Array> {
  const stays = fieldsOf(path, content).filter(({ id }) => id !== TENSOR.externalData && id !== TENSOR.dataLocation);
  return fieldOf(INITIALIZER, Buffer.concat([...stays.map(({ bytes }) => bytes), fieldOf(TENSOR.raw, numbers)]));
}

/** The files beside one network; each is opened once. */
class WeightFiles {
  readonly #path: string;
  readonly #files = new Map<string, { readonly handle: FileHandle; readonly size: number; taken: number }>();
  #total: number;

  /** @param bytes of the network's own file */
  constructor(path: string, bytes: number) {
    this.#path = path;
    this.#total = bytes;
  }

  async read({ location, from, bytes: asked }: Beside): Promise<Uint8Array> {
    const file = await this.#opened(location);
    const bytes = asked ?? file.size - from;
    file.taken += bytes;
    // A few bytes that many tensors share would otherwise become gigabytes.
    if (bytes < 0 || from + bytes > file.size || file.taken > file.size) {
      throw new OnnxUnreadable(
        `${this.#path} keeps weights in ${location}, which is too short for them: copy both files again.`,
      );
    }
    this.#total += bytes;
    if (this.#total > LARGEST_BYTES) {
      throw new OnnxUnreadable(
        `${this.#path} has weights of more than 2 GiB beside it, and one ONNX file cannot be larger: export a smaller network, or one in half precision.`,
      );
    }
    const numbers = Buffer.alloc(bytes);
    const { bytesRead } = await file.handle.read(numbers, 0, bytes, from);
    if (bytesRead < bytes) throw new OnnxUnreadable(`${location} became shorter while it was read: copy it again.`);
    return numbers;
  }

  async close(): Promise<void> {
    for (const { handle } of this.#files.values()) await handle.close();
  }

  async #opened(location: string) {
    const known = this.#files.get(location);
    if (known) return known;
    const missing = () =>
      new OnnxUnreadable(
        `${this.#path} keeps its weights in ${location}, which cannot be read: put that file beside it, under this name.`,
      );
    const handle = await open(join(dirname(this.#path), location), constants.O_RDONLY | constants.O_NONBLOCK).catch(
      () => {
        throw missing();
      },
    );
    const found = await handle.stat();
    const file = { handle, size: found.size, taken: 0 };
    this.#files.set(location, file);
    if (!found.isFile()) throw missing();
    return file;
  }
}
