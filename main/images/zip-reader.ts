/**
 * Reads the entries of a zip from the directory at its end: stored and deflated ones, each with the position of its
 * bytes.
 */
import { fromRandomAccessReaderPromise } from 'yauzl';
import { ZipBytes } from '../zip-bytes.ts';
import { type ArchivePart, Window } from './archive-reader.ts';
import { ImageUnreachable } from './image-failures.ts';
import type { OpenImage } from './image-locator.ts';

const STORED = 0;
const DEFLATED = 8;

const LOCAL_HEADER = { bytes: 30, signature: 0x04034b50, nameBytesAt: 26, extraBytesAt: 28 };

export async function* readZip(file: OpenImage): AsyncGenerator<ArchivePart, void> {
  const { bytes: length } = file.version;
  const locals = new Window(file);
  try {
    const directory = new Window(file);
    const reader = new ZipBytes(
      length,
      async (buffer, offset, wanted, position) => (await directory.read(position, wanted)).copy(buffer, offset),
      () => new Error('the zip is cut short'),
    );
    const zip = await fromRandomAccessReaderPromise(reader, length, { lazyEntries: true, autoClose: false });
    for await (const entry of zip.eachEntry()) {
      const { fileName: name, uncompressedSize: bytes, compressedSize: storedBytes, compressionMethod: method } = entry;
      if (name.endsWith('/')) continue;
      if (entry.isEncrypted()) {
        yield { kind: 'problem', name, reason: 'it is encrypted' };
      } else if (method !== STORED && method !== DEFLATED) {
        yield { kind: 'problem', name, reason: `it is compressed by method ${method}: write the zip with deflate` };
      } else {
        const offset = await dataOffset(locals, entry.relativeOffsetOfLocalHeader);
        if (offset === undefined || offset + storedBytes > length) {
          yield { kind: 'problem', name, reason: 'its place in the zip is damaged' };
          continue;
        }
        yield {
          kind: 'entry',
          name,
          bytes,
          offset,
          storedBytes,
          isDeflated: method === DEFLATED,
          checksum: entry.crc32,
        };
      }
    }
  } catch (error) {
    if (error instanceof ImageUnreachable) throw error;
    yield { kind: 'damage', reason: 'is a damaged zip, or cut short' };
  }
}

/** Undefined if no entry begins there. */
async function dataOffset(window: Window, at: number): Promise<number | undefined> {
  const { bytes, signature, nameBytesAt, extraBytesAt } = LOCAL_HEADER;
  const header = await window.read(at, bytes);
  if (header.length < bytes || header.readUInt32LE(0) !== signature) return undefined;
  return at + bytes + header.readUInt16LE(nameBytesAt) + header.readUInt16LE(extraBytesAt);
}
