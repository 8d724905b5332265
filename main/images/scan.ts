/**
 * Walks a folder and says of every file what it is: an image with its size, or a problem with its reason. Reads headers
 * only; whether the pixels are whole shows when they are decoded. Streams: memory does not grow with the collection.
 */
import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ExpectedFailure, Interrupted } from '../failure.ts';
import { ImageUnreachable, ImageUnreadable, unreachable } from './image-failures.ts';
import { type ImageLocator, placeOf, withOpenImage } from './image-locator.ts';
import { Patience } from './patience.ts';
import { folderPlace } from './place.ts';
import { readHeader } from './read-header.ts';

export type ScanEntry =
  | {
      readonly kind: 'image';
      readonly relativePath: string;
      /** After EXIF orientation. */
      readonly widthPx: number;
      readonly heightPx: number;
      readonly format: string;
      readonly bytes: number;
      readonly modifiedMs: number;
    }
  | { readonly kind: 'problem'; readonly relativePath: string; readonly reason: string }
  /** What is there could not be read now: whatever is known of it stays true. */
  | {
      readonly kind: 'unreachable';
      readonly relativePath: string;
      readonly isFolder: boolean;
      readonly reason: string;
    };

export class FolderUnreadable extends ExpectedFailure {}

export interface ScanOptions {
  readonly signal?: AbortSignal;
  readonly concurrency?: number;
  readonly patience?: Patience;
}

const DEFAULT_CONCURRENCY = 8;
/** What operating systems leave in folders; no person put it there. */
const SYSTEM_FILES = new Set(['thumbs.db', 'desktop.ini', '__macosx']);

/**
 * Every file below `root`, in the order of the names' code units, folder by folder. Symbolic links are followed, each
 * folder once. Throws `FolderUnreadable` when `root` is not a folder that can be read, `SourceAway` when it goes meanwhile.
 */
export async function* scanFolder(
  root: string,
  { signal, concurrency = DEFAULT_CONCURRENCY, patience = new Patience() }: ScanOptions = {},
): AsyncGenerator<ScanEntry> {
  const folder = resolve(root);
  await requireFolder(folder);
  const running: Promise<ScanEntry | undefined>[] = [];
  for await (const found of walk(folder, '', new Set(), patience)) {
    if (signal?.aborted) throw new Interrupted();
    const pending = found.kind === 'file' ? inspect(folder, found.relativePath, patience) : Promise.resolve(found);
    // Whoever awaits it sees a failure; until then it is not an unhandled one.
    pending.catch(() => {});
    running.push(pending);
    if (running.length >= concurrency) {
      const entry = await running.shift();
      if (entry) yield entry;
    }
  }
  for (const pending of running) {
    const entry = await pending;
    if (entry) yield entry;
  }
}

async function requireFolder(folder: string): Promise<void> {
  try {
    await readdir(folder);
  } catch (error) {
    throw new FolderUnreadable(folderMessage(folder, (error as NodeJS.ErrnoException).code));
  }
}

function folderMessage(folder: string, code: string | undefined): string {
  if (code === 'ENOENT') return `There is no folder ${folder}: check the path.`;
  if (code === 'ENOTDIR') return `${folder} is a file, not a folder: give the folder that holds the images.`;
  if (code === 'EACCES' || code === 'EPERM')
    return `The folder ${folder} may not be read: change its permissions or choose another.`;
  return `The folder ${folder} cannot be read (${code ?? 'unknown reason'}): check the disk it is on.`;
}

type Found = { readonly kind: 'file'; readonly relativePath: string } | Exclude<ScanEntry, { kind: 'image' }>;

async function* walk(
  root: string,
  inside: string,
  visited: Set<string>,
  patience: Patience,
): AsyncGenerator<Found, void> {
  const folder = join(root, inside);
  let entries: Dirent[];
  try {
    const real = await patience.tried(folderPlace(root), () => asked('folder', realpath(folder)));
    if (visited.has(real)) return;
    visited.add(real);
    entries = await patience.tried(folderPlace(root), () => asked('folder', readdir(folder, { withFileTypes: true })));
  } catch (error) {
    if (!(error instanceof ImageUnreachable)) throw error;
    const found = unreached(error, inside, true);
    if (found?.kind === 'unreachable') yield found;
    return;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.startsWith('.') || SYSTEM_FILES.has(entry.name.toLowerCase())) continue;
    const relativePath = inside === '' ? entry.name : `${inside}/${entry.name}`;
    const kind = entry.isSymbolicLink() ? await linkTarget(root, relativePath, patience) : kindOf(entry);
    if (kind === 'folder') yield* walk(root, relativePath, visited, patience);
    else if (kind === 'file') yield { kind: 'file', relativePath };
    else if (kind === 'broken')
      yield { kind: 'unreachable', relativePath, isFolder: true, reason: 'a link that leads nowhere' };
    else yield { kind: 'problem', relativePath, reason: 'neither a file nor a folder' };
  }
}

/** What the operating system refuses, as an `ImageUnreachable`. */
async function asked<T>(what: 'file' | 'folder', answer: Promise<T>): Promise<T> {
  return await answer.catch((error) => {
    throw unreachable(error, what);
  });
}

function kindOf(entry: { isDirectory(): boolean; isFile(): boolean }): 'folder' | 'file' | 'other' {
  if (entry.isDirectory()) return 'folder';
  return entry.isFile() ? 'file' : 'other';
}

async function linkTarget(
  root: string,
  relativePath: string,
  patience: Patience,
): Promise<'folder' | 'file' | 'other' | 'broken'> {
  try {
    const path = join(root, relativePath);
    return kindOf(await patience.tried(folderPlace(root), () => asked('file', stat(path))));
  } catch (error) {
    if (error instanceof ImageUnreachable) return 'broken';
    throw error;
  }
}

/** Undefined for a file that went while the folder was read. */
async function inspect(folder: string, relativePath: string, patience: Patience): Promise<ScanEntry | undefined> {
  const file: ImageLocator = { kind: 'file', folder, relativePath };
  try {
    return await patience.tried(placeOf(file), () =>
      withOpenImage(file, async (open) => ({
        kind: 'image',
        relativePath,
        ...open.version,
        ...(await readHeader(open)),
      })),
    );
  } catch (error) {
    if (error instanceof ImageUnreachable) return unreached(error, relativePath, false);
    if (!(error instanceof ImageUnreadable)) throw error;
    const foreign = error.message.includes('unsupported image format');
    return { kind: 'problem', relativePath, reason: foreign ? 'not an image of a known format' : error.message };
  }
}

function unreached(failure: ImageUnreachable, relativePath: string, isFolder: boolean): ScanEntry | undefined {
  if (failure.obstacle === 'gone') return undefined;
  return { kind: 'unreachable', relativePath, isFolder, reason: failure.message };
}
