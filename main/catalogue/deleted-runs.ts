/**
 * Deletes runs from the disk. A run counts as deleted once its folder is renamed into `deleted/`; the slow part
 * follows, and is finished at the next opening if the process was killed. So a run is there completely or not at all.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Database } from './database.ts';

const DELETED = 'deleted';

/** The project's folder and its catalogue. */
export interface RunsPlace {
  readonly directory: string;
  readonly database: Database;
}

/** Removes the run's folder, its scores and its spot-checks. */
export async function discardRun(place: RunsPlace, runId: string): Promise<void> {
  // Remains of an earlier deletion of the same run, which has been made again since.
  await finishDiscarding(place);
  await mkdir(join(place.directory, DELETED), { recursive: true });
  await rename(join(place.directory, 'runs', runId), join(place.directory, DELETED, runId));
  await finishDiscarding(place);
}

/** Finishes deletions that a killed process left unfinished. */
export async function finishDiscarding({ directory, database }: RunsPlace): Promise<void> {
  const folder = join(directory, DELETED);
  for (const runId of await readdir(folder).catch(() => [])) {
    // If the run was made again, its scores are its own.
    if (!existsSync(join(directory, 'runs', runId))) {
      await rm(join(directory, 'scores', runId), { recursive: true, force: true });
      await database.run('DELETE FROM spot_checks WHERE label_run_id = ?', [runId]);
    }
    await rm(join(folder, runId), { recursive: true, force: true });
  }
}

/** The disk space of the run's files, in bytes. */
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

/** The number of images of the labelling that the user spot-checked. */
export async function spotChecksOf({ database }: Pick<RunsPlace, 'database'>, runId: string): Promise<number> {
  return await database.number('SELECT count(*) FROM spot_checks WHERE label_run_id = ?', [runId]);
}
