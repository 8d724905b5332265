/**
 * Walks a folder and names what is in it: files to look at, folders, what belongs to other programs, and names that cannot
 * be taken. Opens no file. Symbolic links are followed, each folder once.
 */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type FileName, fileName } from './file-name.ts';
import { ImageUnreachable, unreachable } from './image-failures.ts';
import type { Patience } from './patience.ts';
import { folderPlace } from './place.ts';
import { leftOutBecause } from './side-folders.ts';

/** What stands for no image, with the reason. */
export type Passed =
  | { readonly kind: 'problem'; readonly relativePath: string; readonly reason: string }
  /** What is there could not be read now: whatever is known of it stays true. */
  | {
      readonly kind: 'unreachable';
      readonly relativePath: string;
      readonly isFolder: boolean;
      readonly reason: string;
    };

/** What nobody needs to act on. */
export type Aside =
  | { readonly kind: 'folder'; readonly relativePath: string }
  /** `because`: the program that it belongs to, or another reason. */
  | {
      readonly kind: 'leftOut';
      readonly relativePath: string;
      readonly isFolder: boolean;
      readonly because: string;
    };

export type Walked = { readonly kind: 'file'; readonly relativePath: string } | Passed | Aside;

/**
 * In the order of the names' code units, folder by folder; the parts of a path are separated by `/`. Throws `SourceAway` when
 * the folder goes meanwhile.
 */
export async function* walkFolder(root: string, patience: Patience): AsyncGenerator<Walked, void> {
  const asked = <T>(what: 'file' | 'folder', answer: () => Promise<T>): Promise<T> =>
    patience.tried(folderPlace(root), async () => {
      try {
        return await answer();
      } catch (error) {
        throw unreachable(error, what);
      }
    });
  yield* walk({ root, asked, visited: new Set() }, '');
}

interface Walk {
  readonly root: string;
  /** Throws what the operating system refuses as an `ImageUnreachable`. */
  asked<T>(what: 'file' | 'folder', answer: () => Promise<T>): Promise<T>;
  /** Folders, by what is the same for every way to them. */
  readonly visited: Set<string>;
}

async function* walk(walking: Walk, inside: string): AsyncGenerator<Walked, void> {
  const { root, asked, visited } = walking;
  const folder = join(root, inside);
  let entries: Named[];
  try {
    const identity = await asked('folder', () => identityOf(folder));
    if (visited.has(identity)) {
      yield { kind: 'leftOut', relativePath: inside, isFolder: true, because: READ_ALREADY };
      return;
    }
    visited.add(identity);
    entries = await asked('folder', () => readNames(folder));
  } catch (error) {
    if (!(error instanceof ImageUnreachable)) throw error;
    if (error.obstacle !== 'gone') {
      yield { kind: 'unreachable', relativePath: inside, isFolder: true, reason: error.message };
    }
    return;
  }
  if (inside !== '') yield { kind: 'folder', relativePath: inside };
  const beside = new Set(entries.map(({ name }) => name));
  const folderName = basename(folder);
  for (const entry of entries) {
    const { name, isForeign } = entry;
    const relativePath = inside === '' ? name : `${inside}/${name}`;
    const isLink = entry.isSymbolicLink() && !isForeign;
    const kind = isLink ? await linkTarget(walking, join(root, relativePath)) : kindOf(entry);
    const isFolder = kind === 'folder';
    const because = leftOutBecause({ name, isFolder, folderName, beside });
    if (because !== undefined) yield { kind: 'leftOut', relativePath, isFolder, because };
    else if (isForeign) yield { kind: 'problem', relativePath, reason: isFolder ? FOREIGN_FOLDER : FOREIGN_FILE };
    else if (isFolder) yield* walk(walking, relativePath);
    else if (kind === 'file') yield { kind: 'file', relativePath };
    else if (kind === 'broken')
      yield { kind: 'unreachable', relativePath, isFolder: true, reason: 'a link that leads nowhere' };
    else yield { kind: 'problem', relativePath, reason: 'neither a file nor a folder' };
  }
}

const READ_ALREADY = 'a folder that is read under another name already';
const FOREIGN_FILE = 'the name is not UTF-8: rename the file';
const FOREIGN_FOLDER = 'the name is not UTF-8: rename the folder, and what is in it can be read';

interface Named extends FileName, Pick<Dirent, 'isDirectory' | 'isFile' | 'isSymbolicLink'> {}

/** Sorted by name. */
async function readNames(folder: string): Promise<Named[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  // Bytes that are no UTF-8 come as this character, which may also be one of a name.
  const named = entries.some(({ name }) => name.includes('\uFFFD'))
    ? (await readdir(folder, { withFileTypes: true, encoding: 'buffer' })).map((entry) => {
        return namedAs(entry, fileName(entry.name));
      })
    : entries.map((entry) => namedAs(entry, { name: entry.name, isForeign: false }));
  return named.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function namedAs(entry: Omit<Dirent<Buffer> | Dirent, 'name'>, name: FileName): Named {
  return {
    ...name,
    isDirectory: () => entry.isDirectory(),
    isFile: () => entry.isFile(),
    isSymbolicLink: () => entry.isSymbolicLink(),
  };
}

/** Of a folder: the same by whatever path, link or mount of this machine it is reached. */
async function identityOf(folder: string): Promise<string> {
  const { dev, ino } = await stat(folder, { bigint: true });
  return ino === 0n ? await realpath(folder) : `${dev}:${ino}`;
}

function kindOf(entry: { isDirectory(): boolean; isFile(): boolean }): 'folder' | 'file' | 'other' {
  if (entry.isDirectory()) return 'folder';
  return entry.isFile() ? 'file' : 'other';
}

async function linkTarget({ asked }: Walk, path: string): Promise<'folder' | 'file' | 'other' | 'broken'> {
  try {
    return kindOf(await asked('file', () => stat(path)));
  } catch (error) {
    if (error instanceof ImageUnreachable) return 'broken';
    throw error;
  }
}
