/**
 * A stored thumbnail: the JPEG followed by its checksum, bound to its name. One that fails verification is made again,
 * as are those of versions without checksums.
 */
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { writeQuickly } from '../atomic-file.ts';
import { checksumOf } from '../checksum.ts';
import type { Verdict } from '../stored-data.ts';

const CHECKSUM_BYTES = 16;

/** The JPEG; undefined if it is not stored, or damaged. */
export async function readThumbnail(path: string): Promise<Buffer | undefined> {
  const kept = await readFile(path).catch(() => undefined);
  if (kept === undefined || kept.length <= CHECKSUM_BYTES) return undefined;
  const jpeg = kept.subarray(0, kept.length - CHECKSUM_BYTES);
  return kept.subarray(jpeg.length).toString('latin1') === checksumOf(basename(path), jpeg) ? jpeg : undefined;
}

/** One verdict for each thumbnail in `folder` and its sub-folders. */
export async function* verifyThumbnails(folder: string): AsyncGenerator<Verdict> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const { parentPath, name } of entries.filter((entry) => entry.isFile())) {
    const path = join(parentPath, name);
    if ((await readThumbnail(path)) !== undefined) {
      yield { state: 'sound', kind: 'thumbnail', path };
      continue;
    }
    yield {
      ...{ state: 'damaged', kind: 'thumbnail', path, remade: true, what: 'A thumbnail' },
      ...{ damage: 'it is not what was written', wayOut: 'it is made again when the image is next displayed' },
    };
  }
}

export async function writeThumbnail(path: string, jpeg: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  // Flushing is slow on a disk that a training writes to, and a page is waiting.
  await writeQuickly(path, (file) =>
    file.writeFile(Buffer.concat([jpeg, Buffer.from(checksumOf(basename(path), jpeg), 'latin1')])),
  );
}
