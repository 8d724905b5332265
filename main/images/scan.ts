/**
 * Walks a folder and says of every file what it is: an image with its size, or a problem with its reason. Reads headers
 * only; whether the pixels are whole shows when they are decoded. Streams: memory does not grow with the collection.
 */
import type { Dirent } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ExpectedFailure, Interrupted } from '../failure.ts';
import { isBitmap, readBitmapHeader } from './bitmap.ts';
import { reasonOf } from './image-failures.ts';
import { MOST_PIXELS, sharp } from './sharp-setup.ts';

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
  | { readonly kind: 'problem'; readonly relativePath: string; readonly reason: string };

export class FolderUnreadable extends ExpectedFailure {}

const DEFAULT_CONCURRENCY = 8;
const BITMAP_HEADER_BYTES = 64;
/** What operating systems leave in folders; no person put it there. */
const SYSTEM_FILES = new Set(['thumbs.db', 'desktop.ini', '__macosx']);

/**
 * Every file below `root`, in the order of the names' code units, folder by folder. Symbolic links are followed, each
 * folder once. Throws `FolderUnreadable` when `root` is not a folder that can be read.
 */
export async function* scanFolder(
  root: string,
  { signal, concurrency = DEFAULT_CONCURRENCY }: { readonly signal?: AbortSignal; readonly concurrency?: number } = {},
): AsyncGenerator<ScanEntry> {
  const folder = resolve(root);
  await requireFolder(folder);
  const running: Promise<ScanEntry | undefined>[] = [];
  for await (const found of walk(folder, '', new Set())) {
    if (signal?.aborted) throw new Interrupted();
    running.push(
      'reason' in found ? Promise.resolve({ kind: 'problem', ...found }) : inspect(folder, found.relativePath),
    );
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

type Found = { readonly relativePath: string } | { readonly relativePath: string; readonly reason: string };

async function* walk(root: string, inside: string, visited: Set<string>): AsyncGenerator<Found> {
  const folder = join(root, inside);
  let entries: Dirent[];
  try {
    const real = await realpath(folder);
    if (visited.has(real)) return;
    visited.add(real);
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    yield { relativePath: inside, reason: `the folder cannot be read (${(error as NodeJS.ErrnoException).code})` };
    return;
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    if (entry.name.startsWith('.') || SYSTEM_FILES.has(entry.name.toLowerCase())) continue;
    const relativePath = inside === '' ? entry.name : `${inside}/${entry.name}`;
    const kind = entry.isSymbolicLink() ? await linkTarget(join(root, relativePath)) : kindOf(entry);
    if (kind === 'folder') yield* walk(root, relativePath, visited);
    else if (kind === 'file') yield { relativePath };
    else
      yield { relativePath, reason: kind === 'broken' ? 'a link that leads nowhere' : 'neither a file nor a folder' };
  }
}

function kindOf(entry: { isDirectory(): boolean; isFile(): boolean }): 'folder' | 'file' | 'other' {
  if (entry.isDirectory()) return 'folder';
  return entry.isFile() ? 'file' : 'other';
}

async function linkTarget(path: string): Promise<'folder' | 'file' | 'other' | 'broken'> {
  try {
    return kindOf(await stat(path));
  } catch {
    return 'broken';
  }
}

async function inspect(root: string, relativePath: string): Promise<ScanEntry> {
  const path = join(root, relativePath);
  try {
    const { size: bytes, mtimeMs: modifiedMs } = await stat(path);
    if (bytes === 0) return { kind: 'problem', relativePath, reason: 'the file is empty' };
    const { width, height, format } = await readHeader(path);
    return { kind: 'image', relativePath, widthPx: width, heightPx: height, format, bytes, modifiedMs };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM')
      return { kind: 'problem', relativePath, reason: 'the file may not be read' };
    const reason = reasonOf(error);
    const foreign = reason.includes('unsupported image format');
    return { kind: 'problem', relativePath, reason: foreign ? 'not an image of a known format' : reason };
  }
}

async function readHeader(path: string): Promise<{ width: number; height: number; format: string }> {
  const start = await readStart(path);
  if (isBitmap(start)) return { ...readBitmapHeader(start), format: 'bmp' };
  const { width, height, pageHeight, format, autoOrient } = await sharp(path, {
    limitInputPixels: MOST_PIXELS,
  }).metadata();
  return { width: autoOrient.width ?? width, height: pageHeight ?? autoOrient.height ?? height, format };
}

async function readStart(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const start = Buffer.alloc(BITMAP_HEADER_BYTES);
    const { bytesRead } = await file.read(start, 0, start.length, 0);
    return start.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
