/**
 * Scans an archive as a folder is scanned: images with their sizes, positions and annotations, and entries that cannot
 * be images. It is read sequentially, nothing is unpacked, and memory does not grow with the archive.
 */
import { extname } from 'node:path';
import { crc32 } from 'node:zlib';
import { Interrupted } from '../failure.ts';
import { pathIn } from '../object-address.ts';
import { type ArchiveKind, archiveKindOf } from './archive-kind.ts';
import { type ArchiveEntry, type ArchiveReader, Window } from './archive-reader.ts';
import { entryFileId, inflated, openEntry, requireSize } from './entry-store.ts';
import type { OpenFile } from './file-store.ts';
import { ImageUnreachable, ImageUnreadable } from './image-failures.ts';
import { IMAGE_FORMATS } from './image-formats.ts';
import { openSourceFile } from './open-source-file.ts';
import type { Patience } from './patience.ts';
import { sourcePlace } from './place.ts';
import { readHeader } from './read-header.ts';
import {
  type FactColumns,
  factsOf,
  type SampleFacts,
  type SidecarEnding,
  SidecarUnreadable,
  sidecarEndings,
} from './sample-facts.ts';
import type { ScanEntry } from './scan.ts';
import { leftOutBecause } from './side-folders.ts';
import { readTar } from './tar-reader.ts';
import type { Aside } from './walk-folder.ts';
import { readZip } from './zip-reader.ts';

/** Where an image's bytes are in an archive. */
export interface EntryPlace {
  /** Its path in the source; empty if it is the source. */
  readonly archive: string;
  readonly offset: number;
  readonly storedBytes: number;
  readonly isDeflated: boolean;
}

/** The whole archive was scanned, in its present version. */
export interface ArchiveRead {
  readonly kind: 'archiveRead';
  readonly archive: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

export interface ArchiveScanOptions {
  readonly patience: Patience;
  readonly columns?: FactColumns | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onAside?: ((aside: Aside) => void) | undefined;
}

const READERS: { readonly [Kind in ArchiveKind]: ArchiveReader } = { tar: readTar, zip: readZip };
const IMAGE_ENDINGS: ReadonlySet<string> = new Set(IMAGE_FORMATS.flatMap(({ endings }) => endings));
const IMAGES_AT_ONCE = 8;
/** Unpacked size of the images being inspected at once. */
const BYTES_AT_ONCE = 2 ** 28;
/** Limit of one incomplete sample: names like “photo.0001.jpg” make all images one sample. */
const SAMPLE_BYTES = 2 ** 26;
const MOST_SIDECAR_BYTES = 2 ** 20;

/**
 * In the order in which they are stored. The last is an `ArchiveRead`, unless the archive could not be read to its end.
 * Throws `SourceAway` and `Interrupted`.
 */
export async function* scanArchive(
  folder: string,
  archive: string,
  options: ArchiveScanOptions,
): AsyncGenerator<ScanEntry | ArchiveRead, void> {
  const path = pathIn(folder, archive);
  let file: OpenFile;
  try {
    file = await options.patience.tried(sourcePlace(folder), () => openSourceFile(path));
  } catch (error) {
    if (!(error instanceof ImageUnreachable)) throw error;
    if (error.obstacle !== 'gone') yield unreached(archive, error);
    return;
  }
  try {
    yield* new ArchiveScan(file, archive, options).entries(READERS[archiveKindOf(path) ?? 'tar']);
    await file.requireUnchanged();
    yield { kind: 'archiveRead', archive, ...file.version };
  } catch (error) {
    if (!(error instanceof ImageUnreachable)) throw error;
    yield unreached(archive, error);
  } finally {
    await file.close();
  }
}

function unreached(archive: string, { message }: ImageUnreachable): ScanEntry {
  return { kind: 'unreachable', relativePath: archive, isFolder: true, reason: message };
}

/** Entries whose names differ only in their extensions. */
interface Sample {
  readonly key: string;
  readonly images: { readonly entry: ArchiveEntry; readonly name: string; readonly stored: Buffer | undefined }[];
  readonly sidecars: Map<SidecarEnding, string>;
  /** Size of the images kept in memory; others are read again when the sample is complete. */
  keptBytes: number;
}

class ArchiveScan {
  readonly #file: OpenFile;
  readonly #archive: string;
  readonly #options: ArchiveScanOptions;
  readonly #running: { readonly bytes: number; readonly pending: Promise<ScanEntry> }[] = [];

  constructor(file: OpenFile, archive: string, options: ArchiveScanOptions) {
    this.#file = file;
    this.#archive = archive;
    this.#options = options;
  }

  async *entries(reader: ArchiveReader): AsyncGenerator<ScanEntry, void> {
    const window = new Window(this.#file);
    let sample: Sample = emptySample('');
    for await (const part of reader(this.#file)) {
      if (this.#options.signal?.aborted) throw new Interrupted();
      if (part.kind === 'damage') {
        yield* this.#ended(sample);
        yield* this.#rest();
        yield { kind: 'problem', relativePath: this.#archive, reason: part.reason };
        return;
      }
      const name = plainName(part.name);
      if (name === undefined) {
        yield this.#problem(part.name, 'its name leads out of the archive');
        continue;
      }
      if (this.#isLeftOut(name)) continue;
      if (part.kind === 'problem') {
        yield this.#problem(name, part.reason);
        continue;
      }
      const key = keyOf(name);
      if (key !== sample.key) {
        yield* this.#ended(sample);
        sample = emptySample(key);
      }
      const ending = extname(name).toLowerCase();
      const sidecar = sidecarEndings.find((known) => ending === `.${known}`);
      if (sidecar !== undefined) {
        const text = await this.#text(part, window);
        if (text === undefined)
          yield this.#problem(name, 'it cannot be read, so that nothing is known of what it says about its image');
        else sample.sidecars.set(sidecar, text);
      } else if (ending === '' || IMAGE_ENDINGS.has(ending)) {
        const keeps = sample.keptBytes + part.storedBytes <= SAMPLE_BYTES;
        if (keeps) sample.keptBytes += part.storedBytes;
        const stored = keeps ? await window.read(part.offset, part.storedBytes) : undefined;
        sample.images.push({ entry: part, name, stored });
      } else {
        this.#leaveOut(name, `not a picture: ${ending}`);
      }
    }
    yield* this.#ended(sample);
    yield* this.#rest();
  }

  *#factsOf({ key, sidecars }: Sample): Generator<ScanEntry, SampleFacts> {
    try {
      return factsOf(sidecars, this.#options.columns ?? {});
    } catch (error) {
      if (!(error instanceof SidecarUnreadable)) throw error;
      yield this.#problem(`${key}.json`, error.message);
      sidecars.delete('json');
      return factsOf(sidecars, this.#options.columns ?? {});
    }
  }

  async *#ended(sample: Sample): AsyncGenerator<ScanEntry, void> {
    if (sample.images.length === 0) {
      for (const ending of sample.sidecars.keys()) {
        this.#leaveOut(`${sample.key}.${ending}`, 'there is no picture of the same name beside it');
      }
      return;
    }
    const facts = yield* this.#factsOf(sample);
    for (const image of sample.images) {
      const { bytes } = image.entry;
      yield* this.#rest(IMAGES_AT_ONCE - 1, BYTES_AT_ONCE - bytes);
      const pending = this.#look(image, facts);
      // Whoever awaits the promise gets the failure; until then it must not count as an unhandled rejection.
      pending.catch(() => {});
      this.#running.push({ bytes, pending });
    }
  }

  /** Yields results until at most this many images and bytes are being inspected. */
  async *#rest(images = 0, bytes = 0): AsyncGenerator<ScanEntry, void> {
    const allBytes = () => this.#running.reduce((sum, one) => sum + one.bytes, 0);
    while (this.#running.length > images || (this.#running.length > 0 && allBytes() > bytes)) {
      const first = this.#running.shift();
      if (first) yield await first.pending;
    }
  }

  async #look({ entry, name, stored: kept }: Sample['images'][number], facts: SampleFacts): Promise<ScanEntry> {
    const { offset, storedBytes, isDeflated } = entry;
    try {
      requireSize(Math.max(entry.bytes, storedBytes));
      const stored = kept ?? (await this.#file.read(offset, storedBytes));
      const bytes = isDeflated ? await inflated(stored, entry.bytes) : stored;
      const checksum = crc32(bytes);
      if (bytes.length !== entry.bytes || (entry.checksum !== undefined && entry.checksum !== checksum)) {
        throw new ImageUnreadable('its bytes in the archive are damaged');
      }
      const open = openEntry(bytes, checksum, entryFileId(this.#file.fileId, offset));
      return {
        kind: 'image',
        relativePath: this.#path(name),
        ...open.version,
        fileId: open.fileId,
        ...(await readHeader(open)),
        place: { archive: this.#archive, offset, storedBytes, isDeflated },
        facts,
      };
    } catch (error) {
      if (!(error instanceof ImageUnreadable || error instanceof ImageUnreachable)) throw error;
      return this.#problem(name, error.message);
    }
  }

  async #text(entry: ArchiveEntry, window: Window): Promise<string | undefined> {
    if (Math.max(entry.bytes, entry.storedBytes) > MOST_SIDECAR_BYTES) return undefined;
    const stored = await window.read(entry.offset, entry.storedBytes);
    const bytes = entry.isDeflated ? await inflated(stored, entry.bytes).catch(() => undefined) : stored;
    return bytes?.toString('utf8');
  }

  #isLeftOut(name: string): boolean {
    const parts = name.split('/');
    let folderName = '';
    for (const [place, part] of parts.entries()) {
      const isFolder = place < parts.length - 1;
      const because = leftOutBecause({ name: part, isFolder, folderName, beside: NOTHING });
      if (because !== undefined) {
        this.#leaveOut(name, because);
        return true;
      }
      folderName = part;
    }
    return false;
  }

  #leaveOut(name: string, because: string): void {
    this.#options.onAside?.({ kind: 'leftOut', relativePath: this.#path(name), isFolder: false, because });
  }

  #problem(name: string, reason: string): ScanEntry {
    return { kind: 'problem', relativePath: this.#path(name), reason };
  }

  #path(name: string): string {
    return this.#archive === '' ? name : `${this.#archive}/${name}`;
  }
}

const NOTHING: ReadonlySet<string> = new Set();

function emptySample(key: string): Sample {
  return { key, images: [], sidecars: new Map(), keptBytes: 0 };
}

/** Everything before the first dot of the last component, as in webdataset. */
function keyOf(name: string): string {
  const dot = name.indexOf('.', name.lastIndexOf('/') + 1);
  return dot < 0 ? name : name.slice(0, dot);
}

/** Without redundant leading components; undefined if it leads outside the archive. */
function plainName(name: string): string | undefined {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 || parts.includes('..') ? undefined : parts.join('/');
}
