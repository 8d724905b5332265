/** Opens a file of a source on a disk or in a storage, so that archives are read in the same way from both. */
import { stat } from 'node:fs/promises';
import { isObjectAddress } from '../object-address.ts';
import { type OpenFile, openFile } from './file-store.ts';
import type { FileVersion } from './image-locator.ts';
import { objectFacts, openObject } from './object-storage.ts';

/** Throws `ImageUnreachable`. */
export async function openSourceFile(path: string): Promise<OpenFile> {
  return isObjectAddress(path) ? await openObject(path) : await openFile(path);
}

/** Undefined if it cannot be determined now. */
export async function versionNow(path: string): Promise<FileVersion | undefined> {
  const found = isObjectAddress(path)
    ? objectFacts(path)
    : stat(path).then(({ size, mtimeMs }) => ({ bytes: size, modifiedMs: mtimeMs }));
  return await found.catch(() => undefined);
}
