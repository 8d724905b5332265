/**
 * Weights in a PyTorch file (.pth, .pt, .th, .bin), of either format. Nothing in it is executed, and no more is read
 * than the file contains: a tensor's numbers are read on request.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { at } from '../../at.ts';
import { elementCount } from '../../graph/program.ts';
import { CheckpointUnreadable } from '../safetensors-reader.ts';
import { storageType } from '../storage-types.ts';
import type { TensorFile } from '../tensor-file.ts';
import { readArchive } from './archive.ts';
import { PickleRefused } from './pickle.ts';
import { type PickledWeights, readExactly } from './pickled-weights.ts';
import { findStateDict } from './state-dict.ts';
import { isStream, readStream } from './stream.ts';
import type { StoredView } from './tensor-globals.ts';

const ZIP = Buffer.from('PK\x03\x04', 'latin1');
const TAR = Buffer.from('ustar', 'latin1');
const TAR_AT = 257;
const START_BYTES = 512;
/** Limits a conversion to a few megabytes besides its result. */
const NUMBERS_AT_ONCE = 2 ** 20;
const HIGHEST_PROTOCOL = 5;

/** Whether the beginning is that of a PyTorch file, or of a zip, tar or pickle that may be one. */
export function beginsLikePytorch(start: Buffer): boolean {
  if (start.subarray(0, 4).equals(ZIP) || start.subarray(TAR_AT, TAR_AT + TAR.length).equals(TAR)) return true;
  // A safetensors file begins with the length of its header, whose upper bytes are zero.
  return start.length > 8 && start[0] === 0x80 && at(start, 1) <= HIGHEST_PROTOCOL && start.readUInt32LE(4) !== 0;
}

/** Throws `CheckpointUnreadable` for anything but weights that can be read without executing anything. */
export async function openPytorchFile(path: string): Promise<TensorFile> {
  const file = await open(path, 'r');
  try {
    const weights = await readWeights(file);
    const tensors = findStateDict(weights.root);
    for (const view of tensors.values()) requirePlace(weights, view);
    return {
      tensors: new Map([...tensors].map(([name, { shape, storage }]) => [name, { shape, type: storage.type }])),
      metadata: new Map(),
      float32: async (name) => {
        const view = tensors.get(name);
        if (!view) throw new CheckpointUnreadable(`${path} has no tensor “${name}”.`);
        return await reporting(path, () => readView(file, weights, view));
      },
      placeOf: (name) => {
        const view = tensors.get(name);
        if (!view?.contiguous) return undefined;
        const { bits } = storageType(view.storage.type);
        return requirePlace(weights, view).from + (view.offset * bits) / 8;
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw asUnreadable(path, error);
  }
}

async function readWeights(file: FileHandle): Promise<PickledWeights> {
  const { size } = await file.stat();
  const start = await readExactly(file, 0, Math.min(size, START_BYTES));
  if (start.subarray(0, 4).equals(ZIP)) return await readArchive(file, size);
  if (start.subarray(TAR_AT, TAR_AT + TAR.length).equals(TAR)) {
    throw new PickleRefused('it is a tar, as PyTorch wrote them before 2017: load it there once and save it again');
  }
  if (start.length >= 8 && isStream(start)) return await readStream(file, size);
  throw new PickleRefused('it is a pickle, but not one that PyTorch saved');
}

function requirePlace(
  weights: PickledWeights,
  { storage }: StoredView,
): { readonly from: number; readonly bytes: number } {
  const place = weights.place(storage);
  const wanted = (storageType(storage.type).bits / 8) * storage.elements;
  if (!place || place.bytes < wanted)
    throw new PickleRefused(`the numbers of its storage “${storage.key}” are not all there`);
  return place;
}

async function readView(
  file: FileHandle,
  weights: PickledWeights,
  view: StoredView,
): Promise<Float32Array<ArrayBuffer>> {
  const { storage, shape, strides, offset } = view;
  const { bits, toFloat32 } = storageType(storage.type);
  if (!toFloat32) throw new PickleRefused(`it has weights of the type ${storage.type}`);
  const elements = elementCount(shape);
  if (elements === 0) return new Float32Array();
  const { from } = requirePlace(weights, view);
  const width = bits / 8;
  const span = view.contiguous
    ? elements
    : 1 + shape.reduce((sum, size, axis) => sum + (size - 1) * at(strides, axis), 0);
  const numbers = new Float32Array(span);
  for (let done = 0; done < span; done += NUMBERS_AT_ONCE) {
    const count = Math.min(NUMBERS_AT_ONCE, span - done);
    toFloat32(await readExactly(file, from + (offset + done) * width, count * width), numbers, done);
  }
  return view.contiguous ? numbers : gathered(numbers, shape, strides);
}

/** Converts numbers with other strides (a transposed or channels-last tensor) to row-major order. */
function gathered(
  numbers: Float32Array,
  shape: readonly number[],
  strides: readonly number[],
): Float32Array<ArrayBuffer> {
  const result = new Float32Array(elementCount(shape));
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = at(numbers, from);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const [next, stride] = [at(index, axis) + 1, at(strides, axis)];
      from += stride;
      if (next < at(shape, axis)) {
        index[axis] = next;
        break;
      }
      index[axis] = 0;
      from -= next * stride;
    }
  }
  return result;
}

async function reporting<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asUnreadable(path, error);
  }
}

function asUnreadable(path: string, error: unknown): unknown {
  if (!(error instanceof PickleRefused)) return error;
  return new CheckpointUnreadable(
    `${path} is not a model that can be read: ${error.message}; give a safetensors file or weights saved by torch.save(model.state_dict(), …).`,
    { cause: error },
  );
}
