/**
 * Reads the entries of a tar archive (POSIX ustar and pax, GNU's long names): only headers, each verified by its
 * checksum. Sparse entries, whose bytes are not contiguous, are refused. Nothing after a damaged header can be relied
 * on.
 */
import { type ArchivePart, Window } from './archive-reader.ts';
import type { OpenImage } from './image-locator.ts';

const BLOCK = 512;
/** Limit for a header that contains the name of the next one. */
const MOST_NAME_BYTES = 2 ** 20;

const FIELDS = {
  name: [0, 100],
  size: [124, 136],
  checksum: [148, 156],
  type: [156, 157],
  magic: [257, 263],
  prefix: [345, 500],
} as const;

interface Header {
  readonly type: string;
  readonly name: Buffer;
  readonly bytes: number;
}

/** Attributes of the next entry from preceding headers. */
interface Extended {
  readonly name?: Buffer;
  readonly bytes?: number;
  readonly isSparse?: boolean;
  /** The real name of a sparse entry, which has a different one for programs that do not support sparse entries. */
  readonly sparseName?: Buffer;
}

export async function* readTar(file: OpenImage): AsyncGenerator<ArchivePart, void> {
  const { bytes: length } = file.version;
  const window = new Window(file);
  let global: Extended = {};
  let extended: Extended = {};
  for (let at = 0; ; ) {
    const block = await window.read(at, BLOCK);
    if (block.length === 0) {
      yield damage('has no end marker, and may be cut short');
      return;
    }
    if (block.length < BLOCK) {
      yield damage(`is cut short at byte ${at}`);
      return;
    }
    if (isZero(block)) {
      const beyond = await firstByteBeyond(window, at + BLOCK);
      if (beyond !== undefined) yield damage(`has a hole at byte ${at}: nothing after it was read`);
      return;
    }
    const header = headerOf(block);
    if (header === undefined) {
      yield damage(
        at === 0
          ? 'is not a tar archive, or its first header is damaged'
          : `has a damaged header at byte ${at}: nothing after it was read`,
      );
      return;
    }
    const { type } = header;
    const isExtension = type === 'x' || type === 'g' || type === 'L' || type === 'K';
    const own: Extended = { ...global, ...extended };
    const bytes = isExtension ? header.bytes : (own.bytes ?? header.bytes);
    const offset = at + BLOCK;
    const nameBytes = own.sparseName ?? own.name ?? header.name;
    const name = textOf(nameBytes);
    if (!Number.isSafeInteger(bytes) || bytes < 0) {
      yield damage(`has a damaged header at byte ${at}: nothing after it was read`);
      return;
    }
    if (offset + bytes > length) {
      yield damage(`is cut short at byte ${length}, within “${name ?? 'an entry'}”`);
      return;
    }
    at = offset + Math.ceil(bytes / BLOCK) * BLOCK;
    if (isExtension) {
      if (bytes > MOST_NAME_BYTES) {
        yield damage(`has a header of ${bytes} bytes at byte ${offset - BLOCK}: nothing after it was read`);
        return;
      }
      const content = await window.read(offset, bytes);
      if (type === 'g') global = { ...global, ...paxOf(content) };
      else if (type === 'x') extended = { ...extended, ...paxOf(content) };
      else if (type === 'L') extended = { ...extended, name: untilZero(Buffer.from(content)) };
      continue;
    }
    extended = {};
    if (type === '5') continue;
    const shown = name ?? nameBytes.toString('latin1');
    if (name === undefined) yield { kind: 'problem', name: shown, reason: 'its name is not UTF-8' };
    else if (type === 'S' || own.isSparse) yield { kind: 'problem', name, reason: 'a sparse entry: write it whole' };
    else if (type === '1' || type === '2') yield { kind: 'problem', name, reason: 'a link within an archive' };
    else if (type === '0' || type === '\0' || type === '7')
      yield { kind: 'entry', name, bytes, offset, storedBytes: bytes, isDeflated: false };
    else yield { kind: 'problem', name, reason: 'neither a file nor a folder' };
  }
}

function damage(reason: string): ArchivePart {
  return { kind: 'damage', reason };
}

function headerOf(block: Buffer): Header | undefined {
  const said = numberOf(field(block, 'checksum'));
  if (said === undefined || (said !== sumOf(block, false) && said !== sumOf(block, true))) return undefined;
  const bytes = numberOf(field(block, 'size'));
  if (bytes === undefined || bytes < 0 || !Number.isSafeInteger(bytes)) return undefined;
  const name = untilZero(field(block, 'name'));
  // GNU's own headers use the space of POSIX's prefix for other things.
  const prefix = field(block, 'magic').toString('latin1') === 'ustar\0' ? untilZero(field(block, 'prefix')) : NOTHING;
  return {
    type: field(block, 'type').toString('latin1'),
    name: Buffer.concat(prefix.length === 0 ? [name] : [prefix, SLASH, name]),
    bytes,
  };
}

const NOTHING = Buffer.alloc(0);
const SLASH = Buffer.from('/');

function field(block: Buffer, name: keyof typeof FIELDS): Buffer {
  return block.subarray(...FIELDS[name]);
}

/** Octal digits, or GNU's binary numbers; undefined if it is neither. */
function numberOf(digits: Buffer): number | undefined {
  const [first = 0] = digits;
  if (first === 0x80) return Number(BigInt(`0x${digits.subarray(1).toString('hex')}`));
  const text = digits.toString('latin1').replaceAll('\0', ' ').trim();
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

/** The checksum's own bytes count as spaces; some old programs added signed bytes. */
function sumOf(block: Buffer, isSigned: boolean): number {
  const [start, end] = FIELDS.checksum;
  let sum = 0;
  for (const [place, byte] of block.entries()) {
    sum += place >= start && place < end ? 32 : isSigned && byte > 127 ? byte - 256 : byte;
  }
  return sum;
}

/** Records “length key=value\n”, the lengths in bytes. */
function paxOf(content: Buffer): Extended {
  let found: Extended = {};
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(32, at);
    const length = space < 0 ? Number.NaN : Number(content.toString('latin1', at, space));
    if (!Number.isInteger(length) || length <= space - at + 1) return found;
    const record = content.subarray(space + 1, at + length - 1);
    const equals = record.indexOf('=');
    const [key, value] = [record.toString('utf8', 0, equals), record.subarray(equals + 1)];
    if (key === 'path') found = { ...found, name: Buffer.from(value) };
    else if (key === 'size') found = { ...found, bytes: Number(value.toString('latin1')) };
    else if (key === 'GNU.sparse.name') found = { ...found, isSparse: true, sparseName: Buffer.from(value) };
    else if (key.startsWith('GNU.sparse.')) found = { ...found, isSparse: true };
    at += length;
  }
  return found;
}

function untilZero(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0);
  return end < 0 ? bytes : bytes.subarray(0, end);
}

/** Undefined if it is not UTF-8. */
function textOf(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

function isZero(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 0);
}

/** Archives are padded with zeros; anything else there belongs to an archive with a gap. */
async function firstByteBeyond(window: Window, start: number): Promise<number | undefined> {
  for (let at = start; ; at += BLOCK) {
    const block = await window.read(at, BLOCK);
    if (block.length === 0) return undefined;
    if (!isZero(block)) return at;
  }
}
