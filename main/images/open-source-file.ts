/** A file of a source, wherever it lies: an archive is read the same way on a disk and in a storage. */
import { stat } from 'node:fs/promises';
import { isObjectAddress } from '../object-address.ts';
import { type OpenFile, openFile } from './file-store.ts';
import type { FileVersion } from './image-locator.ts';
import { objectFacts, openObject } from './object-storage.ts';

/** Throws `ImageUnreachable`. */
export async function openSourceFile(path: string): Promise<OpenFile> {
  return isObjectAddress(path) ? await openObject(path) : await openFile(path);
}

/** Undefined where it cannot be known now. */
export async function versionNow(path: string): Promise<FileVersion | undefined> {
  const found = isObjectAddress(path)
    ? objectFacts(path)
    : stat(path).then(({ size, mtimeMs }) => ({ bytes: size, modifiedMs: mtimeMs }));
  return await found.catch(() => undefined);
}
