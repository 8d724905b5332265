/**
 * Opens a project's database for this process alone. DuckDB's own lock arbitrates between processes and dies with them;
 * a file beside it only names the owner, and nothing else relies on it. The lock belongs to the process: it would allow
 * a second opening within it, and is lost if the process opens and closes the file in any other way. So openings are
 * tracked here, and nothing else may touch the file while it is open (POSIX record locks, fcntl(2)).
 */
import { existsSync } from 'node:fs';
import { readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ExpectedFailure, messageOf } from '../failure.ts';
import { catalogueDamaged } from './catalogue-damage.ts';
import { copyListPath } from './copy-place.ts';
import { Database, type DatabaseOptions } from './database.ts';
import { ProjectInUse, unwritable } from './project-failures.ts';

const CATALOGUE = 'catalogue.duckdb';
const OWNER = 'open-in.json';

export function cataloguePath(directory: string): string {
  return join(directory, CATALOGUE);
}

/** The folders of the projects that this process has open. */
const openHere = new Set<string>();

export interface OpenCatalogue {
  readonly database: Database;
  /** Closes the database and makes the project available to others. */
  release(): Promise<void>;
}

/** Throws `ProjectInUse`, `ProjectUnwritable`, `StoredDataDamaged` or `DiskFull`. */
export async function openCatalogue(directory: string, options: DatabaseOptions = {}): Promise<OpenCatalogue> {
  const folder = await realpath(directory);
  if (openHere.has(folder)) {
    throw new ProjectInUse(`The project ${directory} is open in this process already: close it there first.`);
  }
  openHere.add(folder);
  try {
    const database = await openDatabase(directory, options);
    if (!options.readOnly) await nameOwner(directory, database);
    return { database, release: () => release(directory, folder, database, options.readOnly === true) };
  } catch (error) {
    openHere.delete(folder);
    throw error;
  }
}

async function release(directory: string, folder: string, database: Database, readOnly: boolean): Promise<void> {
  try {
    if (!readOnly) await rm(join(directory, OWNER), { force: true });
  } finally {
    database.close();
    openHere.delete(folder);
  }
}

async function nameOwner(directory: string, database: Database): Promise<void> {
  try {
    await writeFile(join(directory, OWNER), JSON.stringify({ pid: process.pid, since: new Date().toISOString() }));
  } catch (error) {
    database.close();
    throw unwritable(directory, error);
  }
}

async function openDatabase(directory: string, options: DatabaseOptions): Promise<Database> {
  const path = cataloguePath(directory);
  await requireCatalogue(directory, path);
  try {
    return await Database.open(path, options);
  } catch (error) {
    const message = messageOf(error);
    if (/set lock on file|being used by another process/i.test(message)) {
      const owner = /PID (\d+)/.exec(message)?.[1] ?? (await namedOwner(directory));
      throw new ProjectInUse(
        `The project ${directory} is open in another process${owner ? ` (number ${owner})` : ''}: close it there first.`,
      );
    }
    const refusal = unwritable(directory, error);
    if (refusal instanceof ExpectedFailure) throw refusal;
    const [said = ''] = message.split('\n');
    throw catalogueDamaged(path, `it cannot be opened: ${said}`, { cause: error });
  }
}

/** DuckDB would silently start an empty catalogue; right for a new project, but not for one that had a catalogue. */
async function requireCatalogue(directory: string, path: string): Promise<void> {
  const bytes = await stat(path).then(
    ({ size }) => size,
    () => 0,
  );
  if (bytes > 0) return;
  const runs: string[] = await readdir(join(directory, 'runs')).catch(() => []);
  if (runs.length > 0) throw catalogueDamaged(path, 'it is missing or empty although the project has runs');
  if (existsSync(copyListPath(directory))) throw catalogueDamaged(path, 'it is missing or empty');
}

async function namedOwner(directory: string): Promise<string | undefined> {
  try {
    const { pid } = JSON.parse(await readFile(join(directory, OWNER), 'utf8')) as { pid: unknown };
    return typeof pid === 'number' ? String(pid) : undefined;
  } catch {
    return undefined;
  }
}
