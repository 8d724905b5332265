/** A folder that appears whole or not at all in place of an empty one that was reserved for it. */
import { mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { TEMPORARY_SUFFIX } from '../atomic-file.ts';

/** `fill` is given a folder beside it; what it gives is given on. */
export async function fillWhole<Result>(folder: string, fill: (temporary: string) => Promise<Result>): Promise<Result> {
  const temporary = `${folder}${TEMPORARY_SUFFIX}`;
  await mkdir(temporary);
  try {
    const result = await fill(temporary);
    // Windows replaces no folder, not even an empty one.
    await rmdir(folder);
    await rename(temporary, folder);
    return result;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}
