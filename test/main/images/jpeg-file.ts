/** Grey baseline JPEG files made of blocks of one level each, with restart markers, which sharp does not write. */
import { greyAt } from './quadrants.ts';

export interface JpegOptions {
  /** A multiple of 16. */
  readonly sizePx: number;
  /** Blocks between restart markers. */
  readonly restartInterval: number;
}

const BLOCK_PX = 8;
/** Quantisation of the coefficients, such that the first one of a block is its level minus 128. */
const QUANTUM = 8;
const DC_CODE_BITS = 4;

/** The quadrants in grey; `parts` are the data between restart markers. */
export function jpegParts({ sizePx, restartInterval }: JpegOptions): {
  readonly header: Buffer;
  readonly parts: Buffer[];
} {
  const blocks = sizePx / BLOCK_PX;
  const levels = Array.from({ length: blocks * blocks }, (_, index) =>
    greyAt((index % blocks) * BLOCK_PX, Math.floor(index / blocks) * BLOCK_PX, sizePx),
  );
  const parts: Buffer[] = [];
  for (let first = 0; first < levels.length; first += restartInterval) {
    parts.push(coded(levels.slice(first, first + restartInterval)));
  }
  const size = [sizePx >> 8, sizePx & 255];
  const categories = Array.from({ length: 12 }, (_, category) => category);
  const header = Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, [0, ...Array<number>(64).fill(QUANTUM)]),
    segment(0xc0, [8, ...size, ...size, 1, 1, 0x11, 0]),
    segment(0xc4, [0x00, 0, 0, 0, categories.length, ...Array<number>(12).fill(0), ...categories]),
    segment(0xc4, [0x10, 1, ...Array<number>(15).fill(0), 0]),
    segment(0xdd, [restartInterval >> 8, restartInterval & 255]),
    segment(0xda, [1, 1, 0x00, 0, 63, 0]),
  ]);
  return { header, parts };
}

/** With correctly numbered restart markers. */
export function jpegFile(options: JpegOptions): Buffer {
  const { header, parts } = jpegParts(options);
  const data = parts.flatMap((part, index) => (index === 0 ? [part] : [restart(index - 1), part]));
  return Buffer.concat([header, ...data, Buffer.from([0xff, 0xd9])]);
}

export const restart = (number: number): Buffer => Buffer.from([0xff, 0xd0 + (number % 8)]);

function segment(marker: number, content: readonly number[]): Buffer {
  const length = content.length + 2;
  return Buffer.from([0xff, marker, length >> 8, length & 255, ...content]);
}

/** Level differences as category and bits, each followed by an end-of-block code. */
function coded(levels: readonly number[]): Buffer {
  let bits = '';
  let before = 128;
  for (const level of levels) {
    const difference = level - before;
    const category = difference === 0 ? 0 : 32 - Math.clz32(Math.abs(difference));
    const value = difference < 0 ? difference + 2 ** category - 1 : difference;
    bits += category.toString(2).padStart(DC_CODE_BITS, '0');
    if (category > 0) bits += value.toString(2).padStart(category, '0');
    bits += '0';
    before = level;
  }
  const bytes = (bits.match(/.{1,8}/g) ?? []).map((byte) => Number.parseInt(byte.padEnd(8, '1'), 2));
  return Buffer.from(bytes.flatMap((byte) => (byte === 0xff ? [0xff, 0] : [byte])));
}
