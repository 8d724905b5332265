/** The runs of a project that a version without checksums made: they are taken over as they are, and proved from then on. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { adoptRunFiles } from './run-files.ts';

/** Gives how many there are. */
export async function adoptRuns(directory: string): Promise<number> {
  const entries = await readdir(join(directory, 'runs'), { withFileTypes: true });
  let adopted = 0;
  for (const entry of entries) {
    if (entry.isDirectory() && (await adoptRunFiles(join(directory, 'runs', entry.name)))) adopted++;
  }
  return adopted;
}
