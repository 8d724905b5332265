/** PNG files built chunk by chunk: every colour type and depth, with the chunks that a test asks for. */
import { crc32, deflateSync } from 'node:zlib';
import { SIZE_PX } from './quadrants.ts';

export interface PngOptions {
  readonly sizePx?: number;
  readonly bits?: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha. */
  readonly colour: 0 | 2 | 3 | 4 | 6;
  readonly pixel: (x: number, y: number) => readonly number[];
  /** Between the header and the pixels. */
  readonly chunks?: readonly Buffer[];
  readonly isEnded?: boolean;
}

const SIGNATURE = Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]);
const SAMPLES = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

export function pngFile({
  sizePx = SIZE_PX,
  bits = 8,
  colour,
  pixel,
  chunks = [],
  isEnded = true,
}: PngOptions): Buffer {
  const samples = SAMPLES[colour];
  const rowBytes = 1 + Math.ceil((sizePx * samples * bits) / 8);
  const rows = Buffer.alloc(sizePx * rowBytes);
  for (let y = 0; y < sizePx; y++) {
    for (let x = 0; x < sizePx; x++) {
      pixel(x, y).forEach((value, index) => {
        const bit = (x * samples + index) * bits;
        const at = y * rowBytes + 1 + (bit >> 3);
        if (bits === 16) rows.writeUInt16BE(value, at);
        else rows[at] = (rows[at] ?? 0) | (value << (8 - bits - (bit & 7)));
      });
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(sizePx, 0);
  header.writeUInt32BE(sizePx, 4);
  header.set([bits, colour], 8);
  const end = isEnded ? [chunk('IEND', [])] : [];
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), ...chunks, chunk('IDAT', deflateSync(rows)), ...end]);
}

export function chunk(type: string, data: Iterable<number>): Buffer {
  const content = Buffer.concat([Buffer.from(type, 'latin1'), Buffer.from([...data])]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length - 4);
  checksum.writeUInt32BE(crc32(content));
  return Buffer.concat([length, content, checksum]);
}
