/**
 * The tags of a TIFF that define its numbers: those of its first picture, and of the others as far as they distinguish
 * a camera's RAW file from a picture. TIFF 6.0, TIFF Technical Note 1 (trees of pictures), BigTIFF; both byte orders.
 * Reads no pixels, and a bounded number of bytes whatever the file claims.
 */
import { ImageUnreadable } from './image-failures.ts';
import type { RandomAccess } from './random-access.ts';

export interface TiffDirectory {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Width and height are exchanged for display. */
  readonly isOnItsSide: boolean;
  /** The file declares this a smaller version of another of its pictures. */
  readonly isPreview: boolean;
  /** For each sample of a pixel, as far as the file lists them. */
  readonly bits: readonly number[];
  readonly sampleFormats: readonly number[];
  readonly extraSamples: readonly number[];
  readonly samples: number;
  readonly compression: number;
  /** Null if absent. */
  readonly photometric: number | null;
  readonly planes: 'interleaved' | 'separate';
  readonly inkSet: number;
  readonly isTiled: boolean;
  readonly isDng: boolean;
  readonly namesCamera: boolean;
  readonly subDirectories: readonly number[];
}

const MOST_DIRECTORIES = 64;
const MOST_ENTRIES = 4096;
const MOST_VALUES = 4096;

/** Bytes per value of each field type. */
const TYPE_BYTES: ReadonlyMap<number, number> = new Map([
  [1, 1],
  [2, 1],
  [3, 2],
  [4, 4],
  [5, 8],
  [6, 1],
  [7, 1],
  [8, 2],
  [9, 4],
  [10, 8],
  [11, 4],
  [12, 8],
  [13, 4],
  [16, 8],
  [17, 8],
  [18, 8],
]);

const TAGS = {
  newSubfileType: 254,
  subfileType: 255,
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  make: 271,
  orientation: 274,
  samples: 277,
  planes: 284,
  tileWidth: 322,
  subDirectories: 330,
  inkSet: 332,
  extraSamples: 338,
  sampleFormats: 339,
  dngVersion: 50706,
} as const;

/** Tags whose mere presence matters. */
const PRESENCE_ALONE: ReadonlySet<number> = new Set([TAGS.make, TAGS.tileWidth, TAGS.dngVersion]);

/** `first` is the picture that decoders show. Throws `ImageUnreadable`. */
export async function readTiffDirectories(
  file: RandomAccess,
): Promise<{ readonly first: TiffDirectory; readonly others: readonly TiffDirectory[] }> {
  const reader = await readerFor(file);
  const found = new Map<number, TiffDirectory>();
  const waiting = [reader.firstOffset];
  for (let offset = waiting.shift(); offset !== undefined && found.size < MOST_DIRECTORIES; offset = waiting.shift()) {
    if (offset === 0 || found.has(offset)) continue;
    const read = await readDirectory(reader, offset).catch((error: unknown) => {
      // A damaged directory of an irrelevant picture does not invalidate the first one.
      if (found.size === 0 || !(error instanceof ImageUnreadable)) throw error;
    });
    if (!read) continue;
    found.set(offset, read.directory);
    waiting.push(read.next, ...read.directory.subDirectories);
  }
  const [first, ...others] = found.values();
  if (!first) throw new ImageUnreadable('the TIFF holds no picture');
  return { first, others };
}

interface Reader {
  /** Throws `ImageUnreadable` if the file ends before that. */
  bytes(offset: number, length: number): Promise<Buffer>;
  readonly firstOffset: number;
  readonly layout: { readonly countBytes: number; readonly entryBytes: number; readonly offsetBytes: 4 | 8 };
  /** An unsigned number of 1, 2, 4 or 8 bytes. */
  number(bytes: Buffer, at: number, length: number): number;
}

async function readerFor(file: RandomAccess): Promise<Reader> {
  const head = await file.read(0, 16);
  const littleEndian = head.toString('latin1', 0, 2) === 'II';
  const number = (bytes: Buffer, at: number, length: number): number => {
    if (at + length > bytes.length) throw new ImageUnreadable('the file is cut short');
    if (length === 8) return Number(littleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
    return littleEndian ? bytes.readUIntLE(at, length) : bytes.readUIntBE(at, length);
  };
  const isBig = number(head, 2, 2) === 43;
  const layout = isBig
    ? ({ countBytes: 8, entryBytes: 20, offsetBytes: 8 } as const)
    : ({ countBytes: 2, entryBytes: 12, offsetBytes: 4 } as const);
  const bytes = async (offset: number, length: number): Promise<Buffer> => {
    if (offset + length > file.length) throw new ImageUnreadable('the file is cut short');
    return await file.read(offset, length);
  };
  return { bytes, firstOffset: number(head, isBig ? 8 : 4, layout.offsetBytes), layout, number };
}

async function readDirectory(reader: Reader, offset: number): Promise<{ directory: TiffDirectory; next: number }> {
  const { layout, number } = reader;
  const count = number(await reader.bytes(offset, layout.countBytes), 0, layout.countBytes);
  if (count > MOST_ENTRIES) throw new ImageUnreadable('the TIFF is damaged: its list of tags has no end');
  const entries = await reader.bytes(offset + layout.countBytes, count * layout.entryBytes + layout.offsetBytes);
  const values = await wantedValues(reader, entries, count);
  return { directory: directoryOf(values), next: number(entries, count * layout.entryBytes, layout.offsetBytes) };
}

async function wantedValues(reader: Reader, entries: Buffer, count: number): Promise<Map<number, readonly number[]>> {
  const { layout, number } = reader;
  const wanted = new Set<number>(Object.values(TAGS));
  const found = new Map<number, readonly number[]>();
  for (let index = 0; index < count; index++) {
    const at = index * layout.entryBytes;
    const tag = number(entries, at, 2);
    const valueBytes = TYPE_BYTES.get(number(entries, at + 2, 2));
    if (!wanted.has(tag) || found.has(tag) || valueBytes === undefined) continue;
    if (PRESENCE_ALONE.has(tag)) {
      found.set(tag, []);
      continue;
    }
    const length = Math.min(MOST_VALUES, number(entries, at + 4, layout.offsetBytes));
    const place = at + 4 + layout.offsetBytes;
    const inside = length * valueBytes <= layout.offsetBytes;
    const bytes = inside
      ? entries.subarray(place, place + layout.offsetBytes)
      : await reader.bytes(number(entries, place, layout.offsetBytes), length * valueBytes);
    found.set(
      tag,
      Array.from({ length }, (_, value) => number(bytes, value * valueBytes, valueBytes)),
    );
  }
  return found;
}

function directoryOf(values: ReadonlyMap<number, readonly number[]>): TiffDirectory {
  const list = (tag: number): readonly number[] => values.get(tag) ?? [];
  const one = <Absent>(tag: number, absent: Absent): number | Absent => list(tag)[0] ?? absent;
  return {
    widthPx: one(TAGS.width, 0),
    heightPx: one(TAGS.height, 0),
    isOnItsSide: [5, 6, 7, 8].includes(one(TAGS.orientation, 1)),
    isPreview: one(TAGS.newSubfileType, 0) % 2 === 1 || one(TAGS.subfileType, 1) === 2,
    bits: list(TAGS.bits),
    sampleFormats: list(TAGS.sampleFormats),
    extraSamples: list(TAGS.extraSamples),
    samples: one(TAGS.samples, 1),
    compression: one(TAGS.compression, 1),
    photometric: one(TAGS.photometric, null),
    planes: one(TAGS.planes, 1) === 2 ? 'separate' : 'interleaved',
    inkSet: one(TAGS.inkSet, 1),
    isTiled: values.has(TAGS.tileWidth),
    isDng: values.has(TAGS.dngVersion),
    namesCamera: values.has(TAGS.make),
    subDirectories: list(TAGS.subDirectories),
  };
}
