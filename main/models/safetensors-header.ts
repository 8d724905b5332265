/**
 * Parses the header of a safetensors file strictly by its specification: it begins with `{`, is at most 100 MB long and
 * padded with spaces, and has no duplicate keys; every tensor has a known type, a shape and a byte range that fits
 * them; and all of them together cover the bytes after the header without overlap or gap. Source:
 * huggingface/safetensors, README (“Format”) and safetensors/src/tensor.rs (`validate`). Limits beyond the
 * specification, far above any real model, ensure that a hostile header costs little memory.
 */
import { at } from '../at.ts';
import type { Shape } from '../graph/program.ts';
import { type FillWindow, HeaderCursor, HeaderFault } from './header-cursor.ts';
import { quoted } from './quoted.ts';
import { isStorageType, type StorageTypeName, storageType } from './storage-types.ts';

/** A tensor's position, in bytes after the header. */
export interface TensorPlace {
  readonly type: StorageTypeName;
  readonly shape: Shape;
  readonly from: number;
  readonly to: number;
}

export interface SafetensorsHeader {
  /** In order of position. */
  readonly tensors: ReadonlyMap<string, TensorPlace>;
  readonly metadata: ReadonlyMap<string, string>;
}

export const LARGEST_HEADER_BYTES = 100_000_000;
const MOST_TENSORS = 100_000;
const MOST_AXES = 64;
const MOST_NOTES = 10_000;
const MOST_TEXT_BYTES = 16 * 2 ** 20;
/** Type, shape and position of a tensor, plus one superfluous key for the error message. */
const MOST_FACTS = 4;
const METADATA = '__metadata__';

/** @param dataBytes number of bytes after the header. Throws `HeaderFault`. */
export function readHeader(fillWindow: FillWindow, dataBytes: number): SafetensorsHeader {
  const cursor = new HeaderCursor(fillWindow, MOST_TEXT_BYTES);
  const tensors: [string, TensorPlace][] = [];
  const metadata = new Map<string, string>();
  cursor.object(MOST_TENSORS, (name) => {
    if (name === METADATA) return cursor.object(MOST_NOTES, (key) => void metadata.set(key, cursor.string()));
    tensors.push([name, readPlace(cursor, name)]);
  });
  cursor.requireEnd();
  // An empty tensor has no bytes, and may start where another one does.
  tensors.sort(([, one], [, other]) => one.from - other.from || one.to - other.to);
  requireGapless(tensors, dataBytes);
  return { tensors: new Map(tensors), metadata };
}

function readPlace(cursor: HeaderCursor, name: string): TensorPlace {
  let type: string | undefined;
  let shape: readonly number[] | undefined;
  let offsets: readonly number[] | undefined;
  cursor.object(MOST_FACTS, (key) => {
    if (key === 'dtype') type = cursor.string();
    else if (key === 'shape') shape = cursor.wholeNumbers(MOST_AXES);
    else if (key === 'data_offsets') offsets = cursor.wholeNumbers(2);
    else throw new HeaderFault(`its tensor ${quoted(name)} has ${quoted(key)}, which is not part of the format`);
  });
  if (type === undefined || shape === undefined || offsets?.length !== 2) {
    throw new HeaderFault(`its tensor ${quoted(name)} lacks its type, its shape or its place`);
  }
  if (!isStorageType(type)) throw new HeaderFault(`its tensor ${quoted(name)} is of an unknown type, ${quoted(type)}`);
  const [from, to] = [at(offsets, 0), at(offsets, 1)];
  if (BigInt(to) - BigInt(from) !== bytesOf(name, shape, type)) {
    throw new HeaderFault(`its tensor ${quoted(name)} has a length that does not fit its shape and type`);
  }
  return { type, shape, from, to };
}

function bytesOf(name: string, shape: Shape, type: StorageTypeName): bigint {
  const bits = shape.reduce((product, length) => product * BigInt(length), BigInt(storageType(type).bits));
  if (bits % 8n !== 0n) throw new HeaderFault(`its tensor ${quoted(name)} ends within a byte`);
  return bits / 8n;
}

function requireGapless(tensors: readonly (readonly [string, TensorPlace])[], dataBytes: number): void {
  let end = 0;
  for (const [name, { from, to }] of tensors) {
    if (from < end) throw new HeaderFault(`its tensor ${quoted(name)} overlaps another one`);
    if (from > end) throw new HeaderFault(`there is a gap before its tensor ${quoted(name)}`);
    end = to;
  }
  if (end > dataBytes) throw new HeaderFault('it is cut short');
  if (end < dataBytes) throw new HeaderFault('it holds more than its header lists');
}
