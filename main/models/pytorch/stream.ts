/**
 * PyTorch's file format before 1.6: consecutive pickles (a magic number, the protocol, the system, the weights, the
 * storages' keys), followed by each storage as a count and its bytes. Source: torch/serialization.py (_legacy_save).
 */
import type { FileHandle } from 'node:fs/promises';
import { storageType } from '../storage-types.ts';
import { PickleRefused, readPickle } from './pickle.ts';
import { LONGEST_PICKLE_BYTES, type PickledWeights, readExactly } from './pickled-weights.ts';
import { type Storage, storageOf, tensorGlobal } from './tensor-globals.ts';

const MAGIC = 0x1950a86a20f9469cfc6cn;
const PROTOCOL = 1001;

/** Whether the beginning is that of such a stream: a pickle of protocol 2 whose first value is the magic number. */
export function isStream(start: Buffer): boolean {
  return (
    start.subarray(0, 4).equals(Buffer.of(0x80, 0x02, 0x8a, 0x0a)) && start.readUInt16LE(4) === Number(MAGIC & 0xffffn)
  );
}

/** Throws `PickleRefused` with what is wrong. */
export async function readStream(file: FileHandle, fileBytes: number): Promise<PickledWeights> {
  const start = await readExactly(file, 0, Math.min(fileBytes, LONGEST_PICKLE_BYTES));
  const plain = { global: () => undefined, persistent: storageOf };
  const magic = readPickle(start, 0, plain);
  const protocol = readPickle(start, magic.end, plain);
  const system = readPickle(start, protocol.end, plain);
  if (magic.value !== MAGIC || protocol.value !== PROTOCOL) throw new PickleRefused('it has an unknown version');
  if (system.value instanceof Map && system.value.get('little_endian') === false) {
    throw new PickleRefused('its numbers have the most significant byte first');
  }
  const storages = new Map<string, Storage>();
  const persistent = (id: unknown) => {
    const storage = storageOf(id);
    storages.set(storage.key, storage);
    return storage;
  };
  const weights = readPickle(start, system.end, { global: tensorGlobal, persistent });
  const keys = readPickle(start, weights.end, plain);
  const places = await storagePlaces(file, fileBytes, keys, storages);
  return { root: weights.value, place: ({ key }) => places.get(key) };
}

async function storagePlaces(
  file: FileHandle,
  fileBytes: number,
  { value: keys, end }: { readonly value: unknown; readonly end: number },
  storages: ReadonlyMap<string, Storage>,
): Promise<Map<string, { from: number; bytes: number }>> {
  if (!Array.isArray(keys)) throw new PickleRefused('it does not list its storages');
  const places = new Map<string, { from: number; bytes: number }>();
  let from = end;
  for (const key of keys) {
    const storage = storages.get(String(key));
    if (!storage) throw new PickleRefused('it lists a storage that nothing uses');
    const elements = Number((await readExactly(file, from, 8)).readBigInt64LE());
    const bytes = (elements * storageType(storage.type).bits) / 8;
    if (elements < storage.elements) throw new PickleRefused('a storage is shorter than it should be');
    if (from + 8 + bytes > fileBytes) throw new PickleRefused('it is cut short');
    places.set(storage.key, { from: from + 8, bytes });
    from += 8 + bytes;
  }
  return places;
}
