/**
 * Adopts the runs of a project written by a version without checksums: they are accepted as they are, and verified from
 * then on.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { adoptRunFiles } from './run-files.ts';

/** Returns the number of runs. */
export async function adoptRuns(directory: string): Promise<number> {
  const entries = await readdir(join(directory, 'runs'), { withFileTypes: true });
  let adopted = 0;
  for (const entry of entries) {
    if (entry.isDirectory() && (await adoptRunFiles(join(directory, 'runs', entry.name)))) adopted++;
  }
  return adopted;
}
