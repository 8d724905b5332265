/**
 * A project is one visible folder: understudy.json, the catalogue, runs, scores and caches. It is open in one process at a
 * time. Everything in it is written so that a kill at any moment leaves it whole.
 */
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { asDiskFull, TEMPORARY_SUFFIX, writeTextAtomically } from '../atomic-file.ts';
import { ExpectedFailure, messageOf } from '../failure.ts';
import { Catalogue } from './catalogue.ts';
import { Database } from './database.ts';
import { CURRENT_VERSION, migrate } from './migrate.ts';
import { ScoreStore } from './score-store.ts';

export class ProjectExists extends ExpectedFailure {}
export class FolderNotEmpty extends ExpectedFailure {}
export class NotAProject extends ExpectedFailure {}
export class ProjectNewer extends ExpectedFailure {}
export class ProjectInUse extends ExpectedFailure {}
export class ProjectUnwritable extends ExpectedFailure {}
export class ProjectDamaged extends ExpectedFailure {}

const DESCRIPTION = 'understudy.json';
const CATALOGUE = 'catalogue.duckdb';
const LOCK_OWNER = 'open-in.json';

const descriptionSchema = z.object({ version: z.int(), name: z.string(), createdAt: z.string() });

export class Project {
  readonly directory: string;
  readonly name: string;
  readonly catalogue: Catalogue;
  readonly scores: ScoreStore;
  readonly #database: Database;

  constructor(directory: string, name: string, database: Database) {
    this.directory = directory;
    this.name = name;
    this.#database = database;
    this.catalogue = new Catalogue(database, directory);
    this.scores = new ScoreStore(database, join(directory, 'scores'));
  }

  /** A path inside the project's folder. */
  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  /** For the rooms of this folder that query the project's files. */
  get database(): Database {
    return this.#database;
  }

  async close(): Promise<void> {
    this.#database.close();
    await rm(this.path(LOCK_OWNER), { force: true });
  }
}

/** Creates the folder, or takes an empty one. */
export async function createProject(folder: string, options: { readonly name?: string } = {}): Promise<Project> {
  const directory = resolve(folder);
  const present: string[] = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    if (error.code === 'ENOTDIR')
      throw new FolderNotEmpty(`${directory} is a file: choose a new folder for the project.`);
    throw unwritable(directory, error);
  });
  if (present.includes(DESCRIPTION)) {
    throw new ProjectExists(`There is a project in ${directory} already: use it as it is, or choose another folder.`);
  }
  if (present.length > 0) {
    throw new FolderNotEmpty(`The folder ${directory} is not empty: choose a new or an empty one for the project.`);
  }
  try {
    await mkdir(directory, { recursive: true });
    const name = options.name ?? basename(directory);
    const description = { version: CURRENT_VERSION, name, createdAt: new Date().toISOString() };
    await writeTextAtomically(join(directory, DESCRIPTION), `${JSON.stringify(description, undefined, 2)}\n`);
  } catch (error) {
    throw unwritable(directory, error);
  }
  return await openProject(directory);
}

export async function openProject(folder: string): Promise<Project> {
  const directory = resolve(folder);
  const { version, name } = await readDescription(directory);
  if (version > CURRENT_VERSION) {
    throw new ProjectNewer(
      `The project ${directory} was made by a newer Understudy (format ${version}, this one knows ${CURRENT_VERSION}): update Understudy to open it; nothing was changed.`,
    );
  }
  const path = join(directory, CATALOGUE);
  const database = await openDatabase(directory, path);
  try {
    await migrate(database, async (before) => {
      await database.run('CHECKPOINT');
      await copyFile(path, join(directory, `catalogue.before-v${before + 1}.duckdb`));
    });
    for (const part of ['runs', 'scores', 'cache']) await mkdir(join(directory, part), { recursive: true });
    const owner = { pid: process.pid, since: new Date().toISOString() };
    await writeFile(join(directory, LOCK_OWNER), JSON.stringify(owner));
    await removeLeftovers(directory);
  } catch (error) {
    database.close();
    throw unwritable(directory, error);
  }
  return new Project(directory, name, database);
}

async function readDescription(directory: string) {
  const path = join(directory, DESCRIPTION);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
      throw new NotAProject(
        `There is no project in ${directory}: make one with “understudy new ${directory}”, or check the path.`,
      );
    }
    throw unwritable(directory, error);
  });
  try {
    return descriptionSchema.parse(JSON.parse(text));
  } catch {
    throw new ProjectDamaged(`${path} is damaged: restore it from a backup (it holds the project's version and name).`);
  }
}

/** DuckDB's own lock decides who has the project; the process that died holds none. */
async function openDatabase(directory: string, path: string): Promise<Database> {
  try {
    return await Database.open(path);
  } catch (error) {
    const message = messageOf(error);
    if (/lock|being used by another process/i.test(message)) {
      throw new ProjectInUse(
        `The project ${directory} is open in another process${await ownerText(directory)}: close it there first.`,
      );
    }
    if (/permission denied|read-only/i.test(message))
      throw unwritable(directory, Object.assign(new Error(message), { code: 'EACCES' }));
    if (/no space left/i.test(message))
      throw unwritable(directory, Object.assign(new Error(message), { code: 'ENOSPC' }));
    throw new ProjectDamaged(
      `The catalogue ${path} cannot be opened (${message.split('\n')[0]}): restore it from a backup beside it, or make a new project; the images are untouched.`,
    );
  }
}

async function ownerText(directory: string): Promise<string> {
  try {
    const { pid } = JSON.parse(await readFile(join(directory, LOCK_OWNER), 'utf8')) as { pid: number };
    return ` (number ${pid})`;
  } catch {
    return '';
  }
}

function unwritable(directory: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new ProjectUnwritable(
      `The folder ${directory} may not be written: change its permissions or choose another.`,
    );
  }
  return asDiskFull(error, directory);
}

/** What a killed process left half-written in the folders of runs and scores; the cache cleans up after itself. */
async function removeLeftovers(directory: string): Promise<void> {
  for (const folder of ['runs', 'scores', '.']) {
    const entries = await readdir(join(directory, folder), { withFileTypes: true, recursive: folder !== '.' });
    for (const entry of entries) {
      if (entry.isFile() && entry.name.endsWith(TEMPORARY_SUFFIX)) {
        await rm(join(entry.parentPath, entry.name), { force: true });
      }
    }
  }
}
