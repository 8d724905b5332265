/** Lists a folder or a place in an object storage by name, to find images that had been missing. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isObjectAddress } from '../object-address.ts';
import type { FileVersion } from './image-locator.ts';
import { listObjects } from './object-storage.ts';

export type FilesNow = (name: string) => Promise<FileVersion | undefined>;

/** Costs one listing; if that fails, nothing counts as present. */
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
