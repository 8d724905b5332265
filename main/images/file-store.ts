/** Images that are files in a folder: their bytes, read here and not by the decoder. */
import { constants } from 'node:fs';
import { type FileHandle, open, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageUnreachable, ImageUnreadable, unreachable } from './image-failures.ts';
import type { FileLocator, FileVersion, ImageStore } from './image-locator.ts';

/** The decoder takes no larger buffer. */
const MOST_BYTES = 2 ** 31 - 1;

/** A named pipe where a file was would otherwise keep a thread waiting for ever; it changes nothing for a file. */
const READ_WITHOUT_WAITING = constants.O_RDONLY | constants.O_NONBLOCK;

export const fileStore: ImageStore<FileLocator> = {
  openBytes: readWhole,
  nameOf: ({ folder, relativePath }) => join(folder, relativePath),
  placeOf: ({ folder }) => folder,
  isThere: ({ folder }) => holdsSomething(folder),
};

async function readWhole({ folder, relativePath, version }: FileLocator): Promise<Buffer> {
  try {
    const file = await open(join(folder, relativePath), READ_WITHOUT_WAITING);
    try {
      const before = await versionOf(file);
      if (version && !isSame(before, version)) throw replaced();
      if (before.bytes > MOST_BYTES) throw new ImageUnreadable('the file is larger than 2 GiB');
      const bytes = await readBytes(file, before.bytes);
      if (!isSame(await versionOf(file), before)) throw replaced();
      return bytes;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof ImageUnreadable ? error : unreachable(error);
  }
}

async function versionOf(file: FileHandle): Promise<FileVersion> {
  const found = await file.stat();
  if (!found.isFile()) throw new ImageUnreachable('gone', 'the file is gone: something else has its name');
  return { bytes: found.size, modifiedMs: found.mtimeMs };
}

function isSame(a: FileVersion, b: FileVersion): boolean {
  return a.bytes === b.bytes && a.modifiedMs === b.modifiedMs;
}

function replaced(): ImageUnreachable {
  return new ImageUnreachable('replaced', 'the file has changed since it was added');
}

async function readBytes(file: FileHandle, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, done);
    if (bytesRead === 0) throw replaced();
    done += bytesRead;
  }
  return bytes;
}

/** Where a disk or a share was taken away, its folder is gone, or there and empty. */
async function holdsSomething(folder: string): Promise<boolean> {
  try {
    const entries = await opendir(folder);
    try {
      return (await entries.read()) !== null;
    } finally {
      await entries.close();
    }
  } catch {
    return false;
  }
}
