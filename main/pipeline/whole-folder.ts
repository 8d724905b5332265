/** Creates a folder atomically in place of an empty one that was reserved for it. */
import { mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { TEMPORARY_SUFFIX } from '../atomic-file.ts';

/** `fill` receives a temporary folder beside it; its result is returned. */
export async function fillWhole<Result>(folder: string, fill: (temporary: string) => Promise<Result>): Promise<Result> {
  const temporary = `${folder}${TEMPORARY_SUFFIX}`;
  await mkdir(temporary);
  try {
    const result = await fill(temporary);
    // Windows cannot replace a folder, not even an empty one.
    await rmdir(folder);
    await rename(temporary, folder);
    return result;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}
