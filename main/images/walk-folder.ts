/**
 * Walks a folder and names its contents: files to inspect, folders, what belongs to other programs, and unusable names.
 * Opens no file. Symbolic links are followed, each folder once.
 */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { at } from '../at.ts';
import { isObjectAddress, pathIn } from '../object-address.ts';
import { archiveKindOf } from './archive-kind.ts';
import { FRAME_ENDINGS } from './clips/clip-formats.ts';
import type { FileFacts } from './file-facts.ts';
import { type FileName, fileName } from './file-name.ts';
import { ImageUnreachable, unreachable } from './image-failures.ts';
import { IMAGE_FORMATS } from './image-formats.ts';
import { listObjects } from './object-storage.ts';
import type { Patience } from './patience.ts';
import { sourcePlace } from './place.ts';
import { leftOutBecause } from './side-folders.ts';

/** Something that is not an image, with the reason. */
export type Passed =
  | { readonly kind: 'problem'; readonly relativePath: string; readonly reason: string }
  /** Could not be read at the moment: everything known about it stays. */
  | {
      readonly kind: 'unreachable';
      readonly relativePath: string;
      readonly isFolder: boolean;
      readonly reason: string;
    };

/** Something that requires no action. */
export type Aside =
  | { readonly kind: 'folder'; readonly relativePath: string }
  /** Its images are read from it by position. */
  | { readonly kind: 'archive'; readonly relativePath: string }
  /** `because`: the program that it belongs to, or another reason. */
  | {
      readonly kind: 'leftOut';
      readonly relativePath: string;
      readonly isFolder: boolean;
      readonly because: string;
    };

/** `facts`: present if the listing includes them. */
export type WalkedFile = {
  readonly kind: 'file';
  readonly relativePath: string;
  readonly facts?: FileFacts | undefined;
};
export type Walked = WalkedFile | Passed | Aside;

/** Sub-folders whose names are requested ahead of their turn, since the disk is what takes time. */
const FOLDERS_AHEAD = 8;

/** What a folder is searched for. */
export interface LookingFor {
  /** Clips: the pictures of a folder are the frames of one, whose path is the folder's followed by `/`. */
  readonly clips?: boolean | undefined;
}

/**
 * Ordered by the code units of names, folder by folder; path components are separated by `/`. Throws `SourceAway` if
 * the folder disappears in the meantime.
 */
export async function* walkFolder(
  root: string,
  patience: Patience,
  looking: LookingFor = {},
): AsyncGenerator<Walked, void> {
  for await (const found of walkInParts(root, patience, looking)) yield* found;
}

/** The same in batches, for millions of files. */
export async function* walkInParts(
  root: string,
  patience: Patience,
  { clips = false }: LookingFor = {},
): AsyncGenerator<readonly Walked[], void> {
  const asked = <T>(what: 'file' | 'folder', answer: () => Promise<T>): Promise<T> =>
    patience.tried(sourcePlace(root), async () => {
      try {
        return await answer();
      } catch (error) {
        throw unreachable(error, what);
      }
    });
  const walking = { root, asked, clips, visited: new Set<string>() };
  yield* walk(walking, '', listed(walking, ''));
}

interface Walk {
  readonly root: string;
  readonly clips: boolean;
  /** Throws refusals of the operating system as an `ImageUnreachable`. */
  asked<T>(what: 'file' | 'folder', answer: () => Promise<T>): Promise<T>;
  /** Folders, identified independently of the path to them. */
  readonly visited: Set<string>;
}

/** A folder's names; undefined if it had already been visited when they were requested. */
interface Listing {
  readonly identity: string;
  readonly entries: readonly Named[] | undefined;
}

async function listed({ root, asked, visited }: Walk, inside: string): Promise<Listing> {
  const folder = pathIn(root, inside);
  const identity = await asked('folder', () => identityOf(folder));
  return { identity, entries: visited.has(identity) ? undefined : await asked('folder', () => readNames(folder)) };
}

async function* walk(
  walking: Walk,
  inside: string,
  listing: Promise<Listing>,
): AsyncGenerator<readonly Walked[], void> {
  const { root, visited } = walking;
  const folder = pathIn(root, inside);
  let entries: readonly Named[];
  try {
    const { identity, entries: names } = await listing;
    if (visited.has(identity) || names === undefined) {
      yield [{ kind: 'leftOut', relativePath: inside, isFolder: true, because: READ_ALREADY }];
      return;
    }
    visited.add(identity);
    entries = names;
  } catch (error) {
    if (!(error instanceof ImageUnreachable)) throw error;
    if (error.obstacle !== 'gone') {
      yield [{ kind: 'unreachable', relativePath: inside, isFolder: true, reason: error.message }];
    }
    return;
  }
  const beside = new Set(entries.map(({ name }) => name));
  const folderName = basename(folder);
  const mayHoldShards = entries.every((entry) => mayLieBesideShards(entry));
  const holdsShards = mayHoldShards && entries.some(({ name }) => archiveKindOf(name) !== undefined);
  const found: (Walked | Below)[] = inside === '' ? [] : [{ kind: 'folder', relativePath: inside }];
  for (const { name, isForeign, type, facts } of entries) {
    const relativePath = inside === '' ? name : `${inside}/${name}`;
    const kind = type !== 'link' ? type : isForeign ? 'other' : await linkTarget(walking, pathIn(root, relativePath));
    const isFolder = kind === 'folder';
    const because = leftOutBecause({ name, isFolder, folderName, beside });
    if (because !== undefined) found.push({ kind: 'leftOut', relativePath, isFolder, because });
    else if (isForeign) found.push({ kind: 'problem', relativePath, reason: isFolder ? FOREIGN_FOLDER : FOREIGN_FILE });
    else if (isFolder) found.push({ kind: 'below', relativePath });
    else if (kind === 'file' && archiveKindOf(name) !== undefined) {
      if (holdsShards) found.push({ kind: 'archive', relativePath });
      else found.push({ kind: 'leftOut', relativePath, isFolder, because: BESIDE_ITS_CONTENTS });
    } else if (kind === 'file' && holdsShards && extname(name) !== '')
      found.push({ kind: 'leftOut', relativePath, isFolder, because: 'not an archive, beside archives' });
    else if (kind === 'file') found.push({ kind: 'file', relativePath, facts });
    else if (kind === 'broken')
      found.push({ kind: 'unreachable', relativePath, isFolder: true, reason: 'a link that leads nowhere' });
    else found.push({ kind: 'problem', relativePath, reason: 'neither a file nor a folder' });
  }
  yield* inTurn(walking, walking.clips ? withClips(found, inside) : found);
}

/** Replaces the frames of a folder by the clip that they form. Archives are not searched for clips. */
function withClips(found: readonly (Walked | Below)[], inside: string): (Walked | Below)[] {
  const isFrame = (one: Walked | Below) =>
    one.kind === 'file' && FRAME_ENDINGS.has(extname(one.relativePath).toLowerCase());
  const others = found.map((one) =>
    one.kind === 'archive' ? { ...one, kind: 'leftOut' as const, isFolder: false, because: NO_CLIPS_IN_ARCHIVES } : one,
  );
  // Files in the root folder itself are each inspected, and reported as not being clips.
  if (inside === '' || !found.some(isFrame)) return others;
  const [first, ...rest] = others.filter((one) => !isFrame(one));
  return [...(first ? [first] : []), { kind: 'file', relativePath: `${inside}/` }, ...rest];
}

/** A folder whose contents take its place. */
interface Below {
  readonly kind: 'below';
  readonly relativePath: string;
}

async function* inTurn(walking: Walk, found: readonly (Walked | Below)[]): AsyncGenerator<readonly Walked[], void> {
  const folders = found.flatMap((one) => (one.kind === 'below' ? [one.relativePath] : []));
  const ahead: Promise<Listing>[] = [];
  let [asked, part]: [number, Walked[]] = [0, []];
  for (const one of found) {
    if (one.kind !== 'below') {
      part.push(one);
      continue;
    }
    if (part.length > 0) yield part;
    part = [];
    while (ahead.length < FOLDERS_AHEAD && asked < folders.length) {
      const listing = listed(walking, at(folders, asked++));
      // Whoever awaits the promise gets the failure; until then it must not count as an unhandled rejection.
      listing.catch(() => {});
      ahead.push(listing);
    }
    const listing = ahead.shift();
    if (listing) yield* walk(walking, one.relativePath, listing);
  }
  if (part.length > 0) yield part;
}

/** An archive beside images or folders is usually what these were unpacked from, or a copy of them. */
function mayLieBesideShards({ name, type }: Named): boolean {
  if (name.startsWith('.')) return true;
  return type !== 'folder' && !IMAGE_ENDINGS.has(extname(name).toLowerCase());
}

const IMAGE_ENDINGS: ReadonlySet<string> = new Set(IMAGE_FORMATS.flatMap(({ endings }) => endings));

const BESIDE_ITS_CONTENTS =
  'an archive beside folders or images, which may be unpacked from it: add it by itself to use it';
const NO_CLIPS_IN_ARCHIVES = 'an archive, which is not searched for clips: unpack it to use them';
const READ_ALREADY = 'a folder that is read under another name already';
const FOREIGN_FILE = 'the name is not UTF-8: rename the file';
const FOREIGN_FOLDER = 'the name is not UTF-8: rename the folder, and what is in it can be read';

interface Named extends FileName {
  readonly type: 'folder' | 'file' | 'link' | 'other';
  readonly facts?: FileFacts;
}

/** Sorted by name. */
async function readNames(folder: string): Promise<Named[]> {
  if (isObjectAddress(folder)) return await storedNames(folder);
  const entries = await readdir(folder, { withFileTypes: true });
  // Invalid UTF-8 is returned as this character, which may also be part of a name.
  const named: Named[] = entries.some(({ name }) => name.includes('\uFFFD'))
    ? (await readdir(folder, { withFileTypes: true, encoding: 'buffer' })).map((entry) => ({
        ...fileName(entry.name),
        type: typeOf(entry),
      }))
    : entries.map((entry) => ({ name: entry.name, isForeign: false, type: typeOf(entry) }));
  return named.sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function storedNames(place: string): Promise<Named[]> {
  const { folders, objects } = await listObjects(place);
  const named: Named[] = [
    ...folders.map((name) => ({ name, isForeign: false, type: 'folder' as const })),
    ...objects.map(({ name, facts }) => ({ name, isForeign: false, type: 'file' as const, facts })),
  ];
  return named.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function typeOf(entry: Pick<Dirent, 'isDirectory' | 'isFile' | 'isSymbolicLink'>): Named['type'] {
  return entry.isSymbolicLink() ? 'link' : kindOf(entry);
}

/** A folder's identity: the same for every path, link or mount of this machine. */
async function identityOf(folder: string): Promise<string> {
  if (isObjectAddress(folder)) return folder;
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
