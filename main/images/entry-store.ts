/**
 * Images that are entries of an archive: the archive is opened, read at the entry's position and closed. The bytes are
 * verified against the CRC-32 of the scanned version, so that a rewritten archive cannot yield another picture, while a
 * copied one is still the same.
 */
import { promisify } from 'node:util';
import { crc32, inflateRaw } from 'node:zlib';
import { pathIn } from '../object-address.ts';
import { ImageUnreachable, ImageUnreadable } from './image-failures.ts';
import type { EntryLocator, ImageStore, OpenImage } from './image-locator.ts';
import { openSourceFile } from './open-source-file.ts';
import { sourcePlace } from './place.ts';
import { inMemory } from './random-access.ts';

/** The limit of both the decoder and a buffer. */
const MOST_BYTES = 2 ** 31 - 1;

export const entryStore: ImageStore<EntryLocator> = {
  withOpen,
  nameOf: ({ folder, relativePath }) => pathIn(folder, relativePath),
  placeOf: ({ folder }) => sourcePlace(folder),
};

async function withOpen<T>(entry: EntryLocator, work: (open: OpenImage) => Promise<T>): Promise<T> {
  const { folder, archive, offset, storedBytes, version } = entry;
  const file = await openSourceFile(pathIn(folder, archive));
  let stored: Buffer;
  try {
    requireSize(version.bytes);
    stored = await file.read(offset, storedBytes);
    if (stored.length < storedBytes) throw changed();
  } finally {
    await file.close();
  }
  const bytes = entry.isDeflated ? await inflated(stored, version.bytes) : stored;
  if (bytes.length !== version.bytes || crc32(bytes) !== version.modifiedMs) throw changed();
  return await work(openEntry(bytes, version.modifiedMs, entryFileId(file.fileId, offset)));
}

/** An open entry whose bytes are in memory. */
export function openEntry(bytes: Buffer, checksum: number, fileId: string): OpenImage {
  return { version: { bytes: bytes.length, modifiedMs: checksum }, fileId, read: inMemory(bytes).read };
}

/**
 * The same for every path to the archive; the factor is odd, so that different offsets in one archive never collide.
 */
export function entryFileId(archiveId: string, offset: number): string {
  return String(BigInt.asUintN(63, BigInt(archiveId) ^ ((BigInt(offset) + 1n) * SPREAD_OFFSETS)));
}

const SPREAD_OFFSETS = 0x9e3779b97f4a7c15n;

/** Throws `ImageUnreadable`. */
export function requireSize(bytes: number): void {
  if (bytes > MOST_BYTES) throw new ImageUnreadable('the entry is larger than 2 GiB');
}

/** Throws `ImageUnreachable` if the result does not have exactly this many bytes, and never produces more. */
export async function inflated(stored: Buffer, bytes: number): Promise<Buffer> {
  try {
    return await promisify(inflateRaw)(stored, { maxOutputLength: Math.max(1, bytes) });
  } catch (error) {
    throw new ImageUnreachable('replaced', 'its bytes in the archive are damaged', { cause: error });
  }
}

function changed(): ImageUnreachable {
  return new ImageUnreachable('replaced', 'its bytes in the archive have changed since it was added');
}
