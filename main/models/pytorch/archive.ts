/**
 * PyTorch's file format since 1.6: an uncompressed zip with one pickle and the bytes of each storage. Source:
 * torch/serialization.py (_save) and caffe2/serialize/inline_container.cc.
 */
import type { FileHandle } from 'node:fs/promises';
import { fromRandomAccessReaderPromise } from 'yauzl';
import { ZipBytes } from '../../zip-bytes.ts';
import { PickleRefused, readPickle } from './pickle.ts';
import { LONGEST_PICKLE_BYTES, type PickledWeights, readExactly } from './pickled-weights.ts';
import { storageOf, tensorGlobal } from './tensor-globals.ts';

const MOST_ENTRIES = 100_000;

/** Bytes of the file, `from` inclusive. */
interface Place {
  readonly from: number;
  readonly bytes: number;
}

/** Throws `PickleRefused` with what is wrong. */
export async function readArchive(file: FileHandle, fileBytes: number): Promise<PickledWeights> {
  const places = await placesOf(file, fileBytes);
  const description = [...places.keys()].find((name) => name === 'data.pkl' || name.endsWith('/data.pkl'));
  if (description === undefined)
    throw new PickleRefused('it is a zip without the description of a PyTorch file (data.pkl)');
  const root = description.slice(0, -'data.pkl'.length);
  const inside = (name: string): Place | undefined => places.get(`${root}${name}`);
  const order = inside('byteorder');
  if (order && (await readPlace(file, order, 16)).toString() !== 'little') {
    throw new PickleRefused('its numbers have the most significant byte first');
  }
  const pickle = await readPlace(file, places.get(description), LONGEST_PICKLE_BYTES);
  const { value } = readPickle(pickle, 0, { global: tensorGlobal, persistent: storageOf });
  return { root: value, place: ({ key }) => inside(`data/${key}`) };
}

async function readPlace(file: FileHandle, place: Place | undefined, most: number): Promise<Buffer> {
  if (!place || place.bytes > most) throw new PickleRefused('its description is too long');
  return await readExactly(file, place.from, place.bytes);
}

/** The position of each entry's bytes in the file. */
async function placesOf(file: FileHandle, fileBytes: number): Promise<Map<string, Place>> {
  const reader = new ZipBytes(
    fileBytes,
    async (buffer, offset, length, position) => (await file.read(buffer, offset, length, position)).bytesRead,
    () => new PickleRefused('it is cut short'),
  );
  const zip = await fromRandomAccessReaderPromise(reader, fileBytes, { lazyEntries: true, autoClose: false }).catch(
    refuse,
  );
  try {
    if (zip.entryCount > MOST_ENTRIES) throw new PickleRefused('it has too many parts');
    const places = new Map<string, Place>();
    for await (const entry of zip.eachEntry()) {
      if (/(^|\/)code\/.*\.py$/.test(entry.fileName)) {
        throw new PickleRefused(
          'it is a TorchScript program, which would have to be run: save its state_dict() instead',
        );
      }
      if (entry.compressionMethod !== 0 || entry.isEncrypted()) {
        throw new PickleRefused(
          'it is compressed or encrypted, which PyTorch never does: unpack it and give the file inside',
        );
      }
      if (places.has(entry.fileName)) throw new PickleRefused(`it has two parts “${entry.fileName}”`);
      const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
      places.set(entry.fileName, { from: fileDataStart, bytes: entry.uncompressedSize });
    }
    requireApart([...places.values()], fileBytes);
    return places;
  } catch (error) {
    return refuse(error);
  } finally {
    zip.close();
  }
}

/** Parts must not overlap or exceed the file, so that the total read is never more than the file. */
function requireApart(places: readonly Place[], fileBytes: number): void {
  let end = 0;
  for (const { from, bytes } of places.toSorted((a, b) => a.from - b.from)) {
    if (bytes > 0 && from < end) throw new PickleRefused('its parts overlap');
    end = Math.max(end, from + bytes);
  }
  if (end > fileBytes) throw new PickleRefused('it is cut short');
}

function refuse(error: unknown): never {
  const system = error instanceof Error && 'errno' in error;
  if (error instanceof PickleRefused || system) throw error;
  throw new PickleRefused('it is a damaged zip, perhaps cut short', { cause: error });
}
