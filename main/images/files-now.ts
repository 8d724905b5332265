/** What lies in a folder or a place of an object storage now, by name: for whoever looks for images that were gone. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isObjectAddress } from '../object-address.ts';
import type { FileVersion } from './image-locator.ts';
import { listObjects } from './object-storage.ts';

export type FilesNow = (name: string) => Promise<FileVersion | undefined>;

/** Costs one listing; nothing is there where that fails. */
export async function filesNow(folder: string): Promise<FilesNow> {
  if (isObjectAddress(folder)) {
    const { objects } = await listObjects(folder).catch(() => ({ objects: [] }));
    const versions = new Map(objects.map(({ name, facts }) => [name, facts]));
    return async (name) => versions.get(name);
  }
  const names = new Set(await readdir(folder).catch(() => []));
  return async (name) => {
    if (!names.has(name)) return undefined;
    const found = await stat(join(folder, name)).catch(() => undefined);
    return found?.isFile() ? { bytes: found.size, modifiedMs: found.mtimeMs } : undefined;
  };
}
