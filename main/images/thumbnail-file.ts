/**
 * A thumbnail as it is kept: the JPEG, and behind it its checksum, bound to its name. What does not prove itself is made
 * again, as are those of versions that kept no checksums.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { writeAtomically } from '../atomic-file.ts';
import { checksumOf } from '../checksum.ts';

const CHECKSUM_BYTES = 16;

/** The JPEG; undefined where it is not kept, or not what was written. */
export async function readThumbnail(path: string): Promise<Buffer | undefined> {
  const kept = await readFile(path).catch(() => undefined);
  if (kept === undefined || kept.length <= CHECKSUM_BYTES) return undefined;
  const jpeg = kept.subarray(0, kept.length - CHECKSUM_BYTES);
  return kept.subarray(jpeg.length).toString('latin1') === checksumOf(basename(path), jpeg) ? jpeg : undefined;
}

export async function writeThumbnail(path: string, jpeg: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeAtomically(path, async (file) => {
    await file.writeFile(jpeg);
    await file.writeFile(checksumOf(basename(path), jpeg));
  });
}
