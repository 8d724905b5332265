/**
 * Walks a folder or an archive, and reports what every file is: an image with its size, or a problem with its reason.
 * Reads headers only; damaged pixels are found when they are decoded. Streams: memory does not grow with the
 * collection.
 */
import { readdir } from 'node:fs/promises';
import { at } from '../at.ts';
import { ExpectedFailure, Interrupted } from '../failure.ts';
import { isObjectAddress, placePath } from '../object-address.ts';
import { archiveKindOf, isCompressedWhole } from './archive-kind.ts';
import { readClipHeader } from './clips/clip-source.ts';
import { ImageUnreachable, ImageUnreadable } from './image-failures.ts';
import { fileIn, placeOf, withOpenImage } from './image-locator.ts';
import { versionNow } from './open-source-file.ts';
import { Patience } from './patience.ts';
import { sourcePlace } from './place.ts';
import { readHeader } from './read-header.ts';
import type { SampleFacts } from './sample-facts.ts';
import { type EntryPlace, scanArchive } from './scan-archive.ts';
import { type Aside, type LookingFor, type Passed, type Walked, walkFolder } from './walk-folder.ts';

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
      /** Identifies the file on this machine, a 63-bit integer: the same for every path and link to it. */
      readonly fileId: string;
      /** For an entry of an archive. */
      readonly place?: EntryPlace;
      /** Its annotations in the archive. */
      readonly facts?: SampleFacts;
    }
  | Passed;

export class FolderUnreadable extends ExpectedFailure {}

export interface ScanOptions extends LookingFor {
  readonly signal?: AbortSignal | undefined;
  readonly concurrency?: number;
  readonly patience?: Patience;
  /** Receives everything for which a scan yields no entry. */
  readonly onAside?: (aside: Aside) => void;
}

const DEFAULT_CONCURRENCY = 8;

/**
 * Every file below `root`, ordered by the code units of names, folder by folder, followed by the contents of its
 * archives. Symbolic links are followed, each folder once; files that belong to other programs are left out. Throws
 * `FolderUnreadable` if `root` is neither a folder nor a readable archive, `SourceAway` if it disappears in the
 * meantime.
 */
export async function* scanFolder(root: string, options: ScanOptions = {}): AsyncGenerator<ScanEntry> {
  const folder = placePath(root);
  const isArchive = await requireSource(folder);
  const { patience = new Patience(), onAside, signal } = options;
  const archives: string[] = isArchive ? [''] : [];
  if (!isArchive) {
    const looking = { ...options, patience, onAside: (aside: Aside) => archives.push(...archiveIn(aside, onAside)) };
    for await (const { entry } of lookedAt(folder, walkFolder(folder, patience, { clips: options.clips }), looking))
      if (entry) yield entry;
  }
  for (const archive of archives) {
    for await (const entry of scanArchive(folder, archive, { patience, signal, onAside })) {
      if (entry.kind !== 'archiveRead') yield entry;
    }
  }
}

/** Returns its path if it is an archive; otherwise passes it on to `onAside`. */
export function archiveIn(aside: Aside, onAside: ((aside: Aside) => void) | undefined): string[] {
  if (aside.kind === 'archive') return [aside.relativePath];
  onAside?.(aside);
  return [];
}

/** Inspects each file, in order; yields no entry for a file that disappeared in the meantime. Throws `SourceAway`. */
export async function* lookedAt<Found extends Walked>(
  folder: string,
  files: AsyncIterable<Found>,
  { signal, concurrency = DEFAULT_CONCURRENCY, patience = new Patience(), onAside, clips }: ScanOptions = {},
): AsyncGenerator<{ readonly found: Found; readonly entry: ScanEntry | undefined }> {
  const running: { readonly found: Found; readonly pending: Promise<ScanEntry | undefined> }[] = [];
  for await (const found of files) {
    if (signal?.aborted) throw new Interrupted();
    if (found.kind === 'folder' || found.kind === 'leftOut' || found.kind === 'archive') {
      onAside?.(found);
      continue;
    }
    const pending = entryOf(folder, found, patience, clips);
    // Whoever awaits the promise gets the failure; until then it must not count as an unhandled rejection.
    pending.catch(() => {});
    running.push({ found, pending });
    if (running.length < concurrency) continue;
    const first = at(running.splice(0, 1), 0);
    yield { found: first.found, entry: await first.pending };
  }
  for (const { found, pending } of running) yield { found, entry: await pending };
}

/** Whether it is an archive rather than a folder. Throws `FolderUnreadable` if it is neither. */
export async function requireSource(path: string): Promise<boolean> {
  if (isObjectAddress(path)) return await requireStorage(path);
  try {
    await readdir(path);
    return false;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOTDIR' && archiveKindOf(path) !== undefined && (await sourcePlace(path).whyAway()) === undefined) {
      return true;
    }
    throw new FolderUnreadable(folderMessage(path, code));
  }
}

async function requireStorage(address: string): Promise<boolean> {
  const { title, whyAway } = sourcePlace(address);
  const why = await whyAway();
  if (why !== undefined) {
    const next = why.startsWith('does not exist')
      ? 'check the address'
      : 'nothing was changed; try again when that is fixed';
    throw new FolderUnreadable(`${title} ${why}: ${next}.`);
  }
  return archiveKindOf(address) !== undefined && (await versionNow(address)) !== undefined;
}

function folderMessage(folder: string, code: string | undefined): string {
  if (code === 'ENOENT')
    return `There is no ${archiveKindOf(folder) === undefined ? 'folder' : 'file'} ${folder}: check the path.`;
  if (code === 'ENOTDIR' && isCompressedWhole(folder))
    return `${folder} is compressed as a whole, so that no image in it can be read by itself: unpack it to a .tar, and give that.`;
  if (code === 'ENOTDIR')
    return `${folder} is a file, not a folder: give the folder that holds the images, a .tar, a .zip, or a list (.csv, .parquet).`;
  if (code === 'EACCES' || code === 'EPERM')
    return `The folder ${folder} may not be read: change its permissions or choose another.`;
  return `The folder ${folder} cannot be read (${code ?? 'unknown reason'}): check the disk it is on.`;
}

async function entryOf(folder: string, found: Exclude<Walked, Aside>, patience: Patience, clips: boolean | undefined) {
  return found.kind === 'file' ? await inspect(folder, found.relativePath, patience, clips) : found;
}

/** Undefined for a file that disappeared while the folder was read. */
async function inspect(
  folder: string,
  relativePath: string,
  patience: Patience,
  clips = false,
): Promise<ScanEntry | undefined> {
  const file = fileIn(folder, relativePath);
  try {
    return await patience.tried(placeOf(file), () =>
      withOpenImage(file, async (open) => ({
        kind: 'image',
        relativePath,
        ...open.version,
        fileId: open.fileId,
        ...(await (clips ? readClipHeader(file, open) : readHeader(open))),
      })),
    );
  } catch (error) {
    if (error instanceof ImageUnreachable) return unreached(error, relativePath);
    if (!(error instanceof ImageUnreadable)) throw error;
    return { kind: 'problem', relativePath, reason: error.message };
  }
}

function unreached(failure: ImageUnreachable, relativePath: string): ScanEntry | undefined {
  if (failure.obstacle === 'gone') return undefined;
  return { kind: 'unreachable', relativePath, isFolder: false, reason: failure.message };
}
