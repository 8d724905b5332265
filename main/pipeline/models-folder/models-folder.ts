/**
 * A folder of model files shared by all projects: downloads go there, and its files are offered wherever a file can be
 * brought, together with files brought from other places. Located in the settings folder, or where the user chooses.
 * Nothing here changes a file.
 */
import { mkdir, open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, parse, relative, resolve } from 'node:path';
import { z } from 'zod';
import { ExpectedFailure, messageOf, WrongUsage } from '../../failure.ts';
import { readKeptList, writeKeptList } from '../../kept-list.ts';
import { localPath } from '../../local-path.ts';
import { MODEL_ENDINGS } from '../../model-endings.ts';
import { describeStart } from '../../models/starting-weights.ts';
import { asSystemFailure } from '../../system-failure.ts';
import { networkSentence } from '../look-at-file.ts';

export interface ModelFile {
  /** The argument for `bring`: a path within the folder, or an absolute one. */
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** What it is, or why that is unknown. */
  readonly says: string;
  /** The first line of the licence stored beside it; null if there is none. */
  readonly licence: string | null;
}

export interface ModelsFolder {
  readonly folder: string;
  /** Why nothing in the folder is offered; null if it can be read. */
  readonly away: string | null;
  readonly files: readonly ModelFile[];
}

const OWN_FOLDER = 'models';
const CHOSEN = 'models-folder.json';
const BROUGHT = 'brought-files.json';
const MOST_BROUGHT = 50;
const MOST_FILES = 200;
/** The files of one model are often in a folder of its name. */
const DEPTH = 2;
const LICENCE_BYTES = 4096;

const paths = z.array(z.string());

/** Its path, whether it exists or not. */
export async function modelsFolder(settings: string): Promise<string> {
  const [chosen] = await readKeptList(join(settings, CHOSEN), paths);
  return chosen ?? join(settings, OWN_FOLDER);
}

/** Remembers the folder. Throws `WrongUsage` if it does not exist. */
export async function chooseModelsFolder(settings: string, given: string): Promise<string> {
  const folder = resolve(localPath(given));
  if (!(await stat(folder).catch(() => undefined))?.isDirectory()) {
    throw new WrongUsage(`There is no folder ${folder}: make it, or choose another.`);
  }
  await writeKeptList(join(settings, CHOSEN), [folder]);
  return folder;
}

/** The files in the folder, and files brought from elsewhere that still exist. */
export async function listModels(settings: string): Promise<ModelsFolder> {
  const folder = await modelsFolder(settings);
  const { files, away } = await filesIn(folder, settings);
  const real = new Set(await Promise.all(files.map(async (path) => await realpath(path).catch(() => path))));
  const elsewhere = (await broughtFiles(settings)).filter((path) => !real.has(path));
  const all = [
    ...files.map((path) => ({ path, name: relative(folder, path) })),
    ...elsewhere.map((path) => ({ path, name: path })),
  ];
  const described: ModelFile[] = [];
  for (const file of all.slice(0, MOST_FILES)) {
    const found = await describe(file);
    if (found) described.push(found);
  }
  return { folder, away, files: described };
}

/** The file that the user means: an existing path, or a name in the folder. */
export async function findModel(settings: string, given: string): Promise<string> {
  if (await stat(given).catch(() => undefined)) return given;
  const inFolder = join(await modelsFolder(settings), given);
  const found = await stat(inFolder).catch(() => undefined);
  return found?.isFile() === true ? inFolder : given;
}

/** Remembers the file so that other projects are offered it too. */
export async function rememberBrought(settings: string, file: string): Promise<void> {
  const path = await realpath(file);
  const before = await readKeptList(join(settings, BROUGHT), paths);
  await writeKeptList(
    join(settings, BROUGHT),
    [path, ...before.filter((other) => other !== path)].slice(0, MOST_BROUGHT),
  );
}

async function broughtFiles(settings: string): Promise<string[]> {
  const all = await readKeptList(join(settings, BROUGHT), paths);
  const there = await Promise.all(
    all.map(async (path) => (await stat(path).catch(() => undefined))?.isFile() === true),
  );
  return all.filter((path, index) => there[index] && isModel(path));
}

async function filesIn(folder: string, settings: string): Promise<{ files: string[]; away: string | null }> {
  try {
    if (folder === join(settings, OWN_FOLDER)) await mkdir(folder, { recursive: true });
    return { files: await modelsBelow(folder, DEPTH), away: null };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const gone = code === 'ENOENT' || code === 'ENOTDIR';
    const away = gone
      ? `The folder of models ${folder} is not there: connect its disk, or choose another with understudy models --folder.`
      : messageOf(asSystemFailure(error, folder));
    return { files: [], away };
  }
}

async function modelsBelow(folder: string, depth: number): Promise<string[]> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => a.name.localeCompare(b.name, 'en'));
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) {
      // An unreadable folder must not hide the others.
      if (depth > 1) found.push(...(await modelsBelow(path, depth - 1).catch(() => [])));
    } else if (isModel(entry.name)) found.push(path);
    if (found.length > MOST_FILES) break;
  }
  return found;
}

function isModel(path: string): boolean {
  return MODEL_ENDINGS.some((ending) => path.toLowerCase().endsWith(`.${ending}`));
}

/** Undefined if it is not a file, or disappeared in the meantime. */
async function describe({ path, name }: { path: string; name: string }): Promise<ModelFile | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  return { name, path, bytes: found.size, says: await whatItIs(path), licence: await licenceBeside(path) };
}

async function whatItIs(path: string): Promise<string> {
  if (/\.onnx$/i.test(path)) return 'An ONNX network, whose features a teacher can use.';
  try {
    return networkSentence(await describeStart(path));
  } catch (error) {
    const failure = asSystemFailure(error, path);
    if (failure instanceof ExpectedFailure) return failure.message;
    throw failure;
  }
}

/** `NAME.licence`, `LICENSE.NAME` or the folder's own, in either spelling. */
async function licenceBeside(path: string): Promise<string | null> {
  const names = await readdir(dirname(path)).catch(() => []);
  const { base, name } = parse(path);
  const own = [base, name].map((text) => text.toLowerCase());
  const kind = /^licen[cs]e$/;
  const parts = (file: string) => file.toLowerCase().replace(/\.(?:txt|md)$/, '');
  const about = names.find((file) => {
    const { name: stem, ext } = parse(parts(file));
    return own.includes(stem) && kind.test(ext.slice(1));
  });
  const general = names.find((file) => kind.test(parts(file)));
  const found = about ?? general;
  if (found === undefined) return null;
  const file = await open(join(dirname(path), found)).catch(() => undefined);
  try {
    const beginning = await file?.read(Buffer.alloc(LICENCE_BYTES), 0, LICENCE_BYTES, 0);
    const text = beginning?.buffer.toString('utf8', 0, beginning.bytesRead) ?? '';
    const line = text.split(/\r?\n/).find((one) => /\w/.test(one));
    return line?.trim().slice(0, 120) ?? basename(found);
  } catch {
    return basename(found);
  } finally {
    await file?.close();
  }
}
