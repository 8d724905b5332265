/**
 * A project is one visible folder: understudy.json, a file to open it by, the catalogue, runs, scores and caches. It is
 * open once at a time. Everything in it is written so that a kill at any moment leaves it intact.
 */
import { constants } from 'node:fs';
import { access, mkdir, readdir, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { TEMPORARY_SUFFIX } from '../atomic-file.ts';
import { localPath } from '../local-path.ts';
import { StoredDataDamaged } from '../stored-data.ts';
import { DiskFull } from '../system-failure.ts';
import { adoptRuns } from './adopt-runs.ts';
import { backUpCatalogue } from './back-up-catalogue.ts';
import { Catalogue } from './catalogue.ts';
import { CatalogueCopy } from './catalogue-copy.ts';
import type { Database } from './database.ts';
import { finishDiscarding } from './deleted-runs.ts';
import { chooseLabelSetting, type LabelSetting } from './label-setting.ts';
import { CURRENT_VERSION, migrate, readVersion } from './migrate.ts';
import { checksums } from './migrations/0006-checksums.ts';
import { cataloguePath, type OpenCatalogue, openCatalogue } from './open-catalogue.ts';
import {
  agreeWithCatalogue,
  describedInCatalogue,
  isDescription,
  isUnfinishedDescription,
  newDescription,
  type ProjectDescription,
  readDescription,
  writeDescription,
} from './project-description.ts';
import {
  FolderNotEmpty,
  newer,
  notWritable,
  olderAndUnwritable,
  ProjectExists,
  unwritable,
} from './project-failures.ts';
import { projectFolder, writeProjectFile } from './project-file.ts';
import { ProjectNotes } from './project-notes.ts';
import { ScoreStore } from './score-store.ts';

export class Project {
  readonly directory: string;
  readonly name: string;
  readonly catalogue: Catalogue;
  readonly scores: ScoreStore;
  readonly notes = new ProjectNotes();
  /** False for a project opened read-only. */
  readonly writable: boolean;
  /** For a project of clips, the frames its networks see of each; undefined for pictures. */
  readonly clipFrames: number | undefined;
  readonly #opened: OpenCatalogue;
  #closing: Promise<void> | undefined;
  /** Absent in a project opened read-only. */
  copy: CatalogueCopy | undefined;

  constructor(
    directory: string,
    { name, clipFrames }: Pick<ProjectDescription, 'name' | 'clipFrames'>,
    opened: OpenCatalogue,
    writable: boolean,
  ) {
    this.directory = directory;
    this.name = name;
    this.clipFrames = clipFrames;
    this.writable = writable;
    this.#opened = opened;
    this.catalogue = new Catalogue(opened.database, directory);
    this.scores = new ScoreStore(opened.database, join(directory, 'scores'));
  }

  /** A path inside the project's folder. */
  path(...parts: string[]): string {
    return join(this.directory, ...parts);
  }

  /** For the files of this room that query the project. */
  get database(): Database {
    return this.#opened.database;
  }

  async close(): Promise<void> {
    this.#closing ??= this.#close();
    await this.#closing;
  }

  async #close(): Promise<void> {
    await this.copy?.close();
    await this.#opened.release();
  }
}

export interface NewProject {
  readonly name?: string | undefined;
  /** How many classes an image may have; one by default. */
  readonly labels?: LabelSetting | undefined;
  /** For a project of clips, the frames networks see of each; pictures by default. */
  readonly clipFrames?: number | undefined;
}

/**
 * Creates the folder, or uses an empty one. Throws `ProjectExists`, `FolderNotEmpty`, `ProjectUnwritable`, `DiskFull`.
 */
export async function createProject(folder: string, options: NewProject = {}): Promise<Project> {
  const directory = resolve(localPath(folder));
  const present = await filesIn(directory);
  if (present.some(isDescription)) {
    throw new ProjectExists(`There is a project in ${directory} already: use it as it is, or choose another folder.`);
  }
  if (!present.every(isUnfinishedDescription)) {
    throw new FolderNotEmpty(`The folder ${directory} is not empty: choose a new or an empty one for the project.`);
  }
  try {
    await mkdir(directory, { recursive: true });
    const name = options.name ?? basename(directory);
    await writeDescription(directory, newDescription(CURRENT_VERSION, name, options.clipFrames));
    await writeProjectFile(directory);
  } catch (error) {
    throw unwritable(directory, error);
  }
  const project = await openProject(directory);
  if (options.labels === 'several') await chooseLabelSetting(project.database, 'several');
  return project;
}

export interface OpenOptions {
  /** Also opens a project that cannot be written to, unchanged and read-only. */
  readonly toLook?: boolean;
  /** Several processes may have it open at once, and none of them changes the catalogue. */
  readonly besideOthers?: boolean;
  /** For work that leaves nothing behind: when it aborts, every database call fails with `Interrupted`. */
  readonly signal?: AbortSignal;
}

/**
 * Opens a project by its folder or its file. Migrates it to this program's version after backing up the catalogue.
 * Throws `NotAProject`, `ProjectNewer`, `ProjectInUse`, `StoredDataDamaged`, `ProjectUnwritable` or `DiskFull`.
 */
export async function openProject(path: string, options: OpenOptions = {}): Promise<Project> {
  const directory = projectFolder(path);
  if (options.besideOthers) return await openAs(directory, { ...options, toLook: true }, false);
  const writable = await mayBeWritten(directory);
  try {
    return await openAs(directory, options, writable);
  } catch (error) {
    // On a full disk nothing can be written, so the project is opened like a write-protected one.
    if (!(error instanceof DiskFull) || !options.toLook || !writable) throw error;
    return await openAs(directory, options, false).catch(() => {
      throw error;
    });
  }
}

async function openAs(directory: string, { toLook = false, signal }: OpenOptions, writable: boolean): Promise<Project> {
  const described = await readDescription(directory).catch((error: unknown) => {
    if (error instanceof StoredDataDamaged) return error;
    throw error;
  });
  const written = described instanceof StoredDataDamaged ? 0 : described.version;
  if (written > CURRENT_VERSION) throw newer(directory, written, CURRENT_VERSION);
  if (!writable && !toLook) throw notWritable(directory);
  const opened = await openCatalogue(directory, { readOnly: !writable, signal });
  let project: Project | undefined;
  try {
    const version = await readVersion(opened.database);
    if (version > CURRENT_VERSION) throw newer(directory, version, CURRENT_VERSION);
    if (!writable && version < CURRENT_VERSION) throw olderAndUnwritable(directory);
    const known = described instanceof StoredDataDamaged ? await describedInCatalogue(opened.database) : described;
    if (known === undefined) throw described;
    project = new Project(directory, known, opened, writable);
    if (described instanceof StoredDataDamaged) project.notes.add(writtenAgain(described));
    if (writable) await makeReady(project, known, described instanceof StoredDataDamaged);
    return project;
  } catch (error) {
    await project?.copy?.abandon();
    await opened.release();
    throw unwritable(directory, error);
  }
}

function writtenAgain({ damage }: StoredDataDamaged): string {
  return `${damage.what} is damaged (${damage.path}: ${damage.damage}) and is written again from the catalogue.`;
}

async function makeReady(project: Project, description: ProjectDescription, damaged: boolean): Promise<void> {
  const { directory, database } = project;
  await migrate(database, (next) => backUpCatalogue(database, directory, next));
  for (const part of ['runs', 'scores', 'cache']) await mkdir(join(directory, part), { recursive: true });
  await removeLeftovers(directory);
  const adopted = description.version < checksums.version ? await adoptRuns(directory) : 0;
  if (adopted > 0) project.notes.add(adoptedNote(adopted));
  project.copy = await CatalogueCopy.follow(database, directory);
  await finishDiscarding(project);
  const agreed = await agreeWithCatalogue(directory, database, { ...description, version: CURRENT_VERSION });
  const changed = description.version !== agreed.version || description.id !== agreed.id;
  if (damaged || changed) await writeDescription(directory, agreed);
}

function adoptedNote(runs: number): string {
  const made = runs === 1 ? '1 run was' : `${runs} runs were`;
  return `${made} made by a version without checksums: their present contents are accepted, and verified from now on.`;
}

/** Checks the permissions of the folder and its catalogue; a read-only disk fails too. */
async function mayBeWritten(directory: string): Promise<boolean> {
  const denied = async (path: string) =>
    await access(path, constants.W_OK).then(
      () => false,
      ({ code }: NodeJS.ErrnoException) => code === 'EACCES' || code === 'EPERM' || code === 'EROFS',
    );
  return !(await denied(directory)) && !(await denied(cataloguePath(directory)));
}

async function filesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return [];
    if (code === 'ENOTDIR') {
      throw new FolderNotEmpty(`${directory} is a file or lies under one: choose another place for the project.`);
    }
    throw unwritable(directory, error);
  }
}

/**
 * Removes half-written files of a killed process from the folders of runs and scores; the cache cleans up after itself.
 */
async function removeLeftovers(directory: string): Promise<void> {
  for (const folder of ['runs', 'scores', '.']) {
    const entries = await readdir(join(directory, folder), { withFileTypes: true, recursive: folder !== '.' });
    for (const entry of entries) {
      // Including folders: DuckDB spills large sorts into one beside the catalogue.
      if (entry.name.endsWith(TEMPORARY_SUFFIX)) {
        await rm(join(entry.parentPath, entry.name), { force: true, recursive: true });
      }
    }
  }
}
