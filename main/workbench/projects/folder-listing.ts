/**
 * The folders of this machine, for choosing one on a page: sub-folders and their contents, model files, the number of images.
 */
import type { Dirent } from 'node:fs';
import { access, mkdir, opendir, readdir, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, extname, isAbsolute, join, resolve } from 'node:path';
import { isManifest } from '../../catalogue/manifest.ts';
import { ExpectedFailure } from '../../failure.ts';
import { archiveKindOf } from '../../images/archive-kind.ts';
import { fileName } from '../../images/file-name.ts';
import { IMAGE_FORMATS } from '../../images/image-formats.ts';
import { MODEL_ENDINGS } from '../../model-endings.ts';
import type { FolderInside, FolderListing } from '../contract/projects.ts';

export class FolderNotListable extends ExpectedFailure {}
export class FolderNotMade extends ExpectedFailure {}

const MOST_COUNTED = 1000;
const MOST_PICTURES = 6;
/** The maximum number of sub-folders to look into: more would keep a slow disk busy with folders out of sight. */
const MOST_LOOKED_INTO = 200;
/** A folder with more entries contains mostly files: its first sub-folders are enough to choose from. */
const MOST_ENTRIES = 100_000;
const IMAGE_ENDINGS: ReadonlySet<string> = new Set(IMAGE_FORMATS.flatMap(({ endings }) => endings));
/** Where operating systems mount disks. */
const DISK_PARENTS = ['/media', '/mnt', '/Volumes', '/run/media'];
const DRIVES = 'CDEFGHIJKLMNOPQRSTUVWXYZAB';

/**
 * `folder` is absolute; without it, the home folder is listed. `recent` are folders to offer beside home and disks. Throws
 * `FolderNotListable`.
 */
export async function listFolder(folder: string | undefined, recent: readonly string[] = []): Promise<FolderListing> {
  const asked = folder ?? homedir();
  requireAbsolute(asked);
  const path = resolve(asked);
  const folders: { name: string; folder: string }[] = [];
  const models: { name: string; file: string }[] = [];
  const sources: { name: string; file: string }[] = [];
  const unopenable: string[] = [];
  const pictures: string[] = [];
  let images = 0;
  try {
    let entries = 0;
    for await (const entry of await openAsBytes(path)) {
      if (++entries > MOST_ENTRIES) break;
      const { name, isForeign } = fileName(entry.name);
      if (name.startsWith('.')) continue;
      const file = join(path, name);
      if (isForeign) {
        if (entry.isDirectory()) unopenable.push(name);
      } else if (entry.isDirectory() || (entry.isSymbolicLink() && (await isFolder(file)))) {
        folders.push({ name, folder: file });
      } else if (isModel(name)) models.push({ name, file });
      else if (archiveKindOf(name) !== undefined || isManifest(name)) sources.push({ name, file });
      else if (isImage(name)) {
        images = Math.min(MOST_COUNTED, images + 1);
        keepFirst(pictures, name);
      }
    }
  } catch (error) {
    throw new FolderNotListable(refusal(path, error));
  }
  const byName = (a: { name: string }, b: { name: string }) =>
    a.name.localeCompare(b.name, undefined, { numeric: true, sensitivity: 'base' });
  const parent = dirname(path);
  return {
    folder: path,
    parent: parent === path ? null : parent,
    folders: folders.sort(byName),
    unopenable: unopenable.sort(),
    models: models.sort(byName),
    sources: sources.sort(byName),
    images,
    pictures: pictures.map((name) => join(path, name)),
    places: await places(recent),
  };
}

/** Counts what is directly in each sub-folder of a folder, for the first of them. Throws `FolderNotListable`. */
export async function folderInsides(folder: string): Promise<FolderInside[]> {
  const { folders } = await listFolder(folder);
  return await Promise.all(folders.slice(0, MOST_LOOKED_INTO).map(({ folder: inner }) => insideOf(inner)));
}

async function insideOf(folder: string): Promise<FolderInside> {
  let [images, folders, entries] = [0, 0, 0];
  try {
    for await (const entry of await opendir(folder)) {
      if (++entries > MOST_COUNTED) break;
      if (entry.name.startsWith('.')) continue;
      if (entry.isDirectory()) folders++;
      else if (isImage(entry.name)) images++;
    }
  } catch {
    // Opening the folder reports why.
  }
  return { folder, images, folders, more: entries > MOST_COUNTED };
}

/** Keeps the first ones by name; entries arrive in no particular order. */
function keepFirst(names: string[], name: string): void {
  names.push(name);
  names.sort();
  if (names.length > MOST_PICTURES) names.pop();
}

/** Makes the folder inside an existing one, and lists it; an existing folder is only listed. */
export async function makeFolder(folder: string, recent: readonly string[] = []): Promise<FolderListing> {
  requireAbsolute(folder);
  const path = resolve(folder);
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST') {
      throw new FolderNotMade(
        `The folder ${path} could not be made (${code}): choose an existing folder that you may write to.`,
      );
    }
  }
  return await listFolder(path, recent);
}

/** Names as raw bytes, which Node supports but its types do not declare. */
async function openAsBytes(path: string): Promise<AsyncIterable<Dirent<Buffer>>> {
  const options = { encoding: 'buffer' } as unknown as { readonly encoding: BufferEncoding };
  return (await opendir(path, options)) as unknown as AsyncIterable<Dirent<Buffer>>;
}

function requireAbsolute(folder: string): void {
  if (isAbsolute(folder) && !folder.includes('\0')) return;
  throw new FolderNotListable(
    `“${folder.replaceAll('\0', '')}” is not an absolute path: choose a folder from the list.`,
  );
}

function refusal(path: string, error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `The folder ${path} no longer exists: choose another one.`;
  if (code === 'ENOTDIR') return `${path} is a file: choose the folder that it is in.`;
  if (code === 'EACCES' || code === 'EPERM') {
    return `The folder ${path} may not be read: change its permissions or choose another one.`;
  }
  return `The folder ${path} cannot be read (${code}): choose another one.`;
}

async function isFolder(path: string): Promise<boolean> {
  return await readdir(path).then(
    () => true,
    () => false,
  );
}

async function places(recent: readonly string[]): Promise<FolderListing['places']> {
  const home = homedir();
  const disks = process.platform === 'win32' ? await drives() : [{ name: '/', folder: '/' }, ...(await mounted())];
  const others = await presentOnly([...new Set(recent)]);
  const known = new Set([home, ...disks.map((disk) => disk.folder)]);
  return [
    { name: 'Home', folder: home },
    ...disks,
    ...others.filter((folder) => !known.has(folder)).map((folder) => ({ name: basename(folder), folder })),
  ];
}

async function drives(): Promise<FolderListing['places']> {
  const present = await presentOnly([...DRIVES].map((letter) => `${letter}:\\`));
  return present.map((folder) => ({ name: folder.slice(0, 2), folder }));
}

/** Disks are mounted in these folders, or one level deeper, in a folder with the user's name. */
async function mounted(): Promise<FolderListing['places']> {
  const found: { name: string; folder: string }[] = [];
  for (const parent of DISK_PARENTS) {
    for (const folder of await foldersIn(parent)) {
      const inner = parent === '/media' || parent === '/run/media' ? await foldersIn(folder) : [];
      for (const disk of inner.length > 0 ? inner : [folder]) found.push({ name: basename(disk), folder: disk });
    }
  }
  return found;
}

async function foldersIn(parent: string): Promise<string[]> {
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(parent, name));
}

async function presentOnly(folders: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    folders.map((folder) =>
      access(folder).then(
        () => realpath(folder),
        () => undefined,
      ),
    ),
  );
  return found.filter((folder) => folder !== undefined);
}

function isImage(name: string): boolean {
  return IMAGE_ENDINGS.has(extname(name).toLowerCase());
}

function isModel(name: string): boolean {
  const lower = name.toLowerCase();
  return MODEL_ENDINGS.some((ending) => lower.endsWith(`.${ending}`));
}
