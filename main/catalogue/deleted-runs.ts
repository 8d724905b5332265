/**
 * Deleting runs from the disk. A run is deleted in the moment in which its folder is renamed into `deleted/`; what takes time
 * comes after that, and is done at the next opening where the process was killed meanwhile. So a run is there whole or not
 * at all.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from './database.ts';

const DELETED = 'deleted';

/** Where the project lies, and its catalogue. */
export interface RunsPlace {
  readonly directory: string;
  readonly database: Database;
}

/** Takes the run's folder, its scores and what was spot-checked in them away. */
export async function discardRun(place: RunsPlace, runId: string): Promise<void> {
  // Of the same run, which was deleted and made again since.
  await finishDiscarding(place);
  await mkdir(join(place.directory, DELETED), { recursive: true });
  await rename(join(place.directory, 'runs', runId), join(place.directory, DELETED, runId));
  await finishDiscarding(place);
}

/** What a killed process left of runs that it deleted. */
export async function finishDiscarding({ directory, database }: RunsPlace): Promise<void> {
  const folder = join(directory, DELETED);
  for (const runId of await readdir(folder).catch(() => [])) {
    // Of one that was made again, these are its own.
    if (!existsSync(join(directory, 'runs', runId))) {
      await rm(join(directory, 'scores', runId), { recursive: true, force: true });
      await database.run('DELETE FROM spot_checks WHERE label_run_id = ?', [runId]);
    }
    await rm(join(folder, runId), { recursive: true, force: true });
  }
}

/** What the run's files take on the disk. */
export async function bytesOfRun({ directory }: Pick<RunsPlace, 'directory'>, runId: string): Promise<number> {
  let bytes = 0;
  for (const folder of ['runs', 'scores']) {
    const path = join(directory, folder, runId);
    const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(() => []);
    for (const entry of entries) {
      if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
    }
  }
  return bytes;
}

/** How many ranks of the labelling a person has looked at. */
export async function spotChecksOf({ database }: Pick<RunsPlace, 'database'>, runId: string): Promise<number> {
  return await database.number('SELECT count(*) FROM spot_checks WHERE label_run_id = ?', [runId]);
}
