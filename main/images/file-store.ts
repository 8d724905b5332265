/** Images that are files in a folder: their bytes, read here and not by the decoder. */
import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageUnreachable, ImageUnreadable, unreachable } from './image-failures.ts';
import type { FileLocator, FileVersion, ImageStart, ImageStore } from './image-locator.ts';
import { folderPlace } from './place.ts';

/** The decoder takes no larger buffer. */
const MOST_BYTES = 2 ** 31 - 1;

/** A named pipe where a file was would otherwise keep a thread waiting for ever; it changes nothing for a file. */
const READ_WITHOUT_WAITING = constants.O_RDONLY | constants.O_NONBLOCK;

export const fileStore: ImageStore<FileLocator> = {
  openBytes: async (image) => (await readFrom(image, MOST_BYTES)).bytes,
  openStart: readFrom,
  placeOf: ({ folder }) => folderPlace(folder),
};

async function readFrom({ folder, relativePath, version }: FileLocator, mostBytes: number): Promise<ImageStart> {
  const path = join(folder, relativePath);
  try {
    const file = await open(path, READ_WITHOUT_WAITING);
    try {
      const found = await versionOf(file);
      if (version && !isSame(found, version)) throw replaced();
      if (found.bytes > MOST_BYTES) throw new ImageUnreadable('the file is larger than 2 GiB');
      const bytes = await readBytes(file, Math.min(mostBytes, found.bytes));
      if (!isSame(await versionOf(file), found)) throw replaced();
      return { bytes, version: found };
    } finally {
      await file.close();
    }
  } catch (error) {
    const failure = unreachable(error);
    const gone = failure instanceof ImageUnreachable && failure.obstacle === 'gone';
    throw gone && (await isLink(path)) ? deadLink(error) : failure;
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

/** A folder of links is there also while the disk that they lead to is not. */
async function isLink(path: string): Promise<boolean> {
  return await lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
}

function deadLink(cause: unknown): ImageUnreachable {
  return new ImageUnreachable('unreachable', 'the link leads nowhere now', { cause });
}
