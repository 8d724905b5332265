/** Images that are files in a folder: their bytes are read here, not by the decoder. */
import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileFacts, fileFacts } from './file-facts.ts';
import { ImageUnreachable, unreachable } from './image-failures.ts';
import type { FileLocator, FileVersion, ImageStore, OpenImage } from './image-locator.ts';
import { folderPlace } from './place.ts';

/** A file that stays open until it is closed. */
export interface OpenFile extends OpenImage {
  /** Throws `ImageUnreachable` if the file has been modified since: what was read may mix both versions. */
  requireUnchanged(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opening a named pipe in place of a file would otherwise block a thread for ever; for a file it makes no difference.
 */
const READ_WITHOUT_WAITING = constants.O_RDONLY | constants.O_NONBLOCK;

export const fileStore: ImageStore<FileLocator> = {
  withOpen,
  nameOf: ({ folder, relativePath }) => join(folder, relativePath),
  placeOf: ({ folder }) => folderPlace(folder),
};

async function withOpen<T>(
  { folder, relativePath, version }: FileLocator,
  work: (open: OpenImage) => Promise<T>,
): Promise<T> {
  const file = await openFile(join(folder, relativePath));
  try {
    if (version && !isSame(file.version, version)) throw replaced();
    const result = await work(file);
    await file.requireUnchanged();
    return result;
  } finally {
    await file.close();
  }
}

/** Throws `ImageUnreachable`. */
export async function openFile(path: string): Promise<OpenFile> {
  const file = await opened(path);
  try {
    const { fileId, ...version } = await factsOf(file);
    return {
      version,
      fileId,
      read: (offset, length) => readAt(file, offset, length),
      requireUnchanged: async () => {
        if (!isSame(await factsOf(file), version)) throw replaced();
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path, READ_WITHOUT_WAITING);
  } catch (error) {
    const failure = unreachable(error);
    const gone = failure instanceof ImageUnreachable && failure.obstacle === 'gone';
    throw gone && (await isLink(path)) ? deadLink(error) : failure;
  }
}

async function factsOf(file: FileHandle): Promise<FileFacts> {
  const found = await file.stat({ bigint: true }).catch((error) => {
    throw unreachable(error);
  });
  if (!found.isFile()) throw new ImageUnreachable('gone', 'the file is gone: something else has its name');
  return fileFacts(found);
}

function isSame(a: FileVersion, b: FileVersion): boolean {
  return a.bytes === b.bytes && a.modifiedMs === b.modifiedMs;
}

function replaced(): ImageUnreachable {
  return new ImageUnreachable('replaced', 'the file has changed since it was added');
}

async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let done = 0;
  try {
    while (done < length) {
      const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
  } catch (error) {
    throw unreachable(error);
  }
  return bytes.subarray(0, done);
}

/** A folder of links still exists when the disk they point to does not. */
async function isLink(path: string): Promise<boolean> {
  return await lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
}

function deadLink(cause: unknown): ImageUnreachable {
  return new ImageUnreachable('unreachable', 'the link leads nowhere now', { cause });
}
