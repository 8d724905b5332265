/**
 * The structure of a JPEG, as far as it decides whether its pixels can be decoded: its coding process, bit depth and
 * colours, whether it ends, whether its restart markers are in sequence. ITU-T T.81, annex B. Decodes no pixels.
 */
import { at } from '../at.ts';
import { ImageUnreadable } from './image-failures.ts';
import type { RandomAccess } from './random-access.ts';

const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;
const RESTART_INTERVAL = 0xdd;
const FIRST_RESTART = 0xd0;
const LAST_RESTART = 0xd7;
/** Start of frame: the markers that can be decoded, and the names of the others. */
const DECODED_FRAMES = [0xc0, 0xc1, 0xc2];
const OTHER_FRAMES: ReadonlyMap<number, string> = new Map([
  [0xc3, 'lossless JPEG'],
  [0xc5, 'hierarchical JPEG'],
  [0xc6, 'hierarchical JPEG'],
  [0xc7, 'lossless JPEG'],
  [0xc9, 'JPEG with arithmetic coding'],
  [0xca, 'JPEG with arithmetic coding'],
  [0xcb, 'lossless JPEG'],
  [0xcd, 'JPEG with arithmetic coding'],
  [0xce, 'JPEG with arithmetic coding'],
  [0xcf, 'lossless JPEG'],
  [0xf7, 'JPEG-LS'],
]);

const MOST_JUNK_BYTES = 65_536;

const CUT = 'the file is cut short';
const CONVERT = 'is not supported: convert it to a baseline JPEG or PNG';

interface Frame {
  readonly isProgressive: boolean;
  readonly components: readonly number[];
  readonly heightPx: number;
  readonly widthPx: number;
  /** Pixels covered by one coded unit of an interleaved scan. */
  readonly unitPx: { readonly width: number; readonly height: number };
}

export interface JpegHeader {
  readonly frame: Frame;
  /** Units between restart markers; 0 means none. */
  readonly restartInterval: number;
  /** Offset of the first scan's header. */
  readonly scanOffset: number;
  /** Bytes between the segments before it, which decoders skip. */
  readonly junkBytes: number;
}

/** Reads up to the first scan. Throws `ImageUnreadable` for anything that cannot be decoded. */
export async function readJpegHeader(file: RandomAccess): Promise<JpegHeader> {
  let frame: Frame | undefined;
  let restartInterval = 0;
  let junk = 0;
  for (let offset = 2; ; ) {
    if (junk > MOST_JUNK_BYTES) throw new ImageUnreadable('the JPEG is damaged: its header leads nowhere');
    const start = await file.read(offset, 4);
    if (start.length < 4) throw new ImageUnreadable(CUT);
    const marker = at(start, 1);
    // Fill bytes before a marker, and bytes that some cameras leave between segments.
    if (at(start, 0) !== 0xff || marker === 0xff || marker === 0) {
      offset += 1;
      junk += 1;
      continue;
    }
    if (marker === END_OF_IMAGE) throw new ImageUnreadable('the JPEG holds no picture');
    if (marker === 0x01 || (marker >= FIRST_RESTART && marker <= 0xd8)) {
      offset += 2;
      continue;
    }
    const length = start.readUInt16BE(2);
    if (length < 2) throw new ImageUnreadable('the JPEG is damaged: its header leads nowhere');
    if (marker === START_OF_SCAN) {
      if (!frame) throw new ImageUnreadable('the JPEG is damaged: its pixels come before its size');
      return { frame, restartInterval, scanOffset: offset, junkBytes: junk };
    }
    const other = OTHER_FRAMES.get(marker);
    if (other !== undefined) throw new ImageUnreadable(`${other} ${CONVERT}`);
    if (DECODED_FRAMES.includes(marker)) frame = frameOf(marker, await file.read(offset + 4, length - 2));
    if (marker === RESTART_INTERVAL) restartInterval = readUInt16(await file.read(offset + 4, 2), 0);
    offset += 2 + length;
  }
}

function readUInt16(bytes: Buffer, offset: number): number {
  if (offset + 2 > bytes.length) throw new ImageUnreadable(CUT);
  return bytes.readUInt16BE(offset);
}

function frameOf(marker: number, segment: Buffer): Frame {
  if (segment.length < 6 || segment.length < 6 + 3 * at(segment, 5)) throw new ImageUnreadable(CUT);
  const count = at(segment, 5);
  if (at(segment, 0) !== 8) throw new ImageUnreadable(`JPEG of ${at(segment, 0)} bits ${CONVERT}`);
  if (![1, 3, 4].includes(count)) throw new ImageUnreadable(`JPEG with ${count} colours ${CONVERT}`);
  const parts = Array.from({ length: count }, (_, index) => ({
    id: at(segment, 6 + 3 * index),
    across: at(segment, 7 + 3 * index) >> 4,
    down: at(segment, 7 + 3 * index) & 15,
  }));
  return {
    isProgressive: marker === 0xc2,
    components: parts.map(({ id }) => id),
    heightPx: segment.readUInt16BE(1),
    widthPx: segment.readUInt16BE(3),
    unitPx: {
      width: 8 * Math.max(...parts.map(({ across }) => across)),
      height: 8 * Math.max(...parts.map(({ down }) => down)),
    },
  };
}

interface Scan {
  readonly components: readonly number[];
  /** The range of the 64 coefficients, and the lowest bit, that it refines: all of them in a baseline JPEG. */
  readonly firstCoefficient: number;
  readonly lastCoefficient: number;
  readonly lowestBit: number;
}

export interface JpegEnd {
  /** Whether the end marker is there. */
  readonly isEnded: boolean;
  /** The end of the picture's data, before an end marker. */
  readonly offset: number;
  /** Whether every coefficient of every colour has been started. */
  readonly hasAllScans: boolean;
}

/** Walks over the scans. Throws `ImageUnreadable` if a part between restart markers is missing or misplaced. */
export function findJpegEnd(file: Buffer, { frame, restartInterval, scanOffset }: JpegHeader): JpegEnd {
  const scans: Scan[] = [];
  let interval = restartInterval;
  for (let offset = scanOffset; ; ) {
    const marker = file[offset + 1];
    if (offset + 4 > file.length || marker === END_OF_IMAGE) {
      return {
        isEnded: marker === END_OF_IMAGE,
        offset: Math.min(offset, file.length),
        hasAllScans: isCovered(frame, scans),
      };
    }
    const length = file.readUInt16BE(offset + 2);
    if (marker === RESTART_INTERVAL) interval = readUInt16(file, offset + 4);
    offset += 2 + length;
    if (marker === START_OF_SCAN) {
      const scan = scanOf(file.subarray(offset - length + 2, offset));
      scans.push(scan);
      const { end, restarts } = endOfScan(file, offset);
      requireRestarts(frame, scan, interval, restarts, end < file.length);
      offset = end;
    }
  }
}

function scanOf(segment: Buffer): Scan {
  const count = segment[0];
  if (count === undefined || segment.length < 4 + 2 * count) throw new ImageUnreadable(CUT);
  return {
    components: Array.from({ length: count }, (_, index) => at(segment, 1 + 2 * index)),
    firstCoefficient: at(segment, 1 + 2 * count),
    lastCoefficient: at(segment, 2 + 2 * count),
    lowestBit: at(segment, 3 + 2 * count) & 15,
  };
}

/** The offset of the first marker that does not belong to the scan's data, and the restart markers before it. */
function endOfScan(file: Buffer, start: number): { end: number; restarts: number[] } {
  const restarts: number[] = [];
  for (let offset = file.indexOf(0xff, start); offset >= 0; offset = file.indexOf(0xff, offset + 1)) {
    const marker = file[offset + 1];
    if (marker === undefined || marker === 0 || marker === 0xff) continue;
    if (marker < FIRST_RESTART || marker > LAST_RESTART) return { end: offset, restarts };
    restarts.push(marker - FIRST_RESTART);
  }
  return { end: file.length, restarts };
}

function requireRestarts(frame: Frame, scan: Scan, interval: number, restarts: readonly number[], isWhole: boolean) {
  const inOrder = restarts.every((number, index) => number === index % 8);
  const isComplete =
    interval === 0 || !isWhole || frame.heightPx === 0 || restarts.length >= expected(frame, scan, interval);
  if (!inOrder || !isComplete) throw new ImageUnreadable('the JPEG is damaged: a part of it is missing in the middle');
}

/**
 * The number of restart markers in a scan; 0 for a scan of some of the colours only, whose size depends on the
 * sampling.
 */
function expected({ widthPx, heightPx, unitPx, components }: Frame, scan: Scan, interval: number): number {
  if (scan.components.length !== components.length) return 0;
  const unit = components.length === 1 ? { width: 8, height: 8 } : unitPx;
  return Math.ceil((Math.ceil(widthPx / unit.width) * Math.ceil(heightPx / unit.height)) / interval) - 1;
}

function isCovered({ isProgressive, components }: Frame, scans: readonly Scan[]): boolean {
  return components.every((component) => {
    const own = scans.filter((scan) => scan.components.includes(component));
    if (!isProgressive) return own.length > 0;
    return Array.from({ length: 64 }, (_, index) => index).every((index) =>
      own.some((scan) => scan.firstCoefficient <= index && index <= scan.lastCoefficient && scan.lowestBit === 0),
    );
  });
}
