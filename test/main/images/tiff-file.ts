/** TIFF files built byte by byte, including kinds that many programs write and few libraries do. */
import { deflateSync } from 'node:zlib';
import { SIZE_PX } from './quadrants.ts';

export interface TiffOptions {
  readonly sizePx?: number;
  readonly isBig?: boolean;
  readonly byteOrder?: 'little' | 'big';
  readonly bits?: number;
  readonly numbers?: 'unsigned' | 'signed' | 'float';
  /** 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 CMYK, 6 YCbCr, 8 Lab. */
  readonly photometric: number;
  readonly planes?: 'interleaved' | 'separate';
  readonly samples: number;
  readonly extraSamples?: readonly number[];
  /** The stored samples of a pixel. */
  readonly pixel: (x: number, y: number) => readonly number[];
  readonly rowsPerStrip?: number;
  readonly tilePx?: number;
  readonly isDeflated?: boolean;
  /** Additional tags, or other values for existing ones; undefined leaves a tag out. */
  readonly tags?: Readonly<Record<number, TagValue | undefined>>;
  /** The directory of a second picture, as its own tags, referenced through SubIFDs. */
  readonly subDirectory?: Readonly<Record<number, TagValue>>;
}

export interface TagValue {
  readonly type: 'byte' | 'ascii' | 'short' | 'long';
  readonly values: readonly number[];
}

export const short = (...values: number[]): TagValue => ({ type: 'short', values });
export const ascii = (text: string): TagValue => ({ type: 'ascii', values: [...Buffer.from(`${text}\0`)] });

const TYPES = { byte: [1, 1], ascii: [2, 1], short: [3, 2], long: [4, 4] } as const;

export function tiffFile(options: TiffOptions): Buffer {
  const {
    sizePx = SIZE_PX,
    isBig = false,
    samples,
    bits = 8,
    planes = 'interleaved',
    tilePx,
    isDeflated = false,
  } = options;
  const isLittle = options.byteOrder !== 'big';
  const rows = options.rowsPerStrip ?? sizePx;
  const blocks = (planes === 'interleaved' ? [undefined] : Array.from({ length: samples }, (_, band) => band)).flatMap(
    (band) => cut(samplesOf(options, isLittle, band), sizePx, tilePx, rows),
  );
  const file = new FileWriter(isBig, isLittle);
  const stored = blocks.map((block) => (isDeflated ? deflateSync(block) : block));
  const offsets = stored.map((block) => file.append(block));
  const places: Record<number, TagValue> = tilePx
    ? { 322: short(tilePx), 323: short(tilePx), 324: { type: 'long', values: offsets }, 325: lengths(stored) }
    : { 278: short(rows), 273: { type: 'long', values: offsets }, 279: lengths(stored) };
  const formats = { unsigned: 1, signed: 2, float: 3 };
  const sub = options.subDirectory
    ? { 330: { type: 'long', values: [file.directory(options.subDirectory)] } as const }
    : {};
  const first = file.directory({
    256: short(sizePx),
    257: short(sizePx),
    258: short(...Array.from({ length: samples }, () => bits)),
    259: short(isDeflated ? 8 : 1),
    262: short(options.photometric),
    277: short(samples),
    284: short(planes === 'separate' ? 2 : 1),
    339: short(...Array.from({ length: samples }, () => formats[options.numbers ?? 'unsigned'])),
    ...(options.extraSamples ? { 338: short(...options.extraSamples) } : {}),
    ...places,
    ...sub,
    ...options.tags,
  });
  return file.finish(first);
}

const lengths = (blocks: readonly Buffer[]): TagValue => ({ type: 'long', values: blocks.map(({ length }) => length) });

/** One plane of all samples, or of one band. */
function samplesOf(options: TiffOptions, isLittle: boolean, band: number | undefined): Buffer {
  const { sizePx = SIZE_PX, samples, bits = 8, numbers = 'unsigned', pixel } = options;
  const perPixel = band === undefined ? samples : 1;
  const rowBytes = Math.ceil((sizePx * perPixel * bits) / 8);
  const plane = Buffer.alloc(sizePx * rowBytes);
  for (let y = 0; y < sizePx; y++) {
    for (let x = 0; x < sizePx; x++) {
      const values = band === undefined ? pixel(x, y) : [pixel(x, y)[band] ?? 0];
      values.forEach((value, index) => {
        const bit = (x * perPixel + index) * bits;
        const at = y * rowBytes + (bit >> 3);
        if (bits < 8) plane[at] = (plane[at] ?? 0) | (value << (8 - bits - (bit & 7)));
        else write(plane, at, value, bits, numbers, isLittle);
      });
    }
  }
  return plane;
}

function write(to: Buffer, at: number, value: number, bits: number, numbers: string, isLittle: boolean): void {
  const bytes = Buffer.alloc(bits / 8);
  if (numbers === 'float' && bits === 64) bytes.writeDoubleBE(value);
  else if (numbers === 'float' && bits === 32) bytes.writeFloatBE(value);
  else if (bits === 64) bytes.writeBigInt64BE(BigInt(value));
  else if (numbers === 'signed') bytes.writeIntBE(value, 0, bits / 8);
  else bytes.writeUIntBE(value, 0, bits / 8);
  (isLittle ? bytes.reverse() : bytes).copy(to, at);
}

function cut(plane: Buffer, sizePx: number, tilePx: number | undefined, rowsPerStrip: number): Buffer[] {
  const rowBytes = plane.length / sizePx;
  if (tilePx === undefined) {
    return Array.from({ length: Math.ceil(sizePx / rowsPerStrip) }, (_, strip) =>
      plane.subarray(strip * rowsPerStrip * rowBytes, Math.min(sizePx, (strip + 1) * rowsPerStrip) * rowBytes),
    );
  }
  const across = sizePx / tilePx;
  const tileRow = rowBytes / across;
  return Array.from({ length: across * across }, (_, tile) => {
    const [left, top] = [(tile % across) * tileRow, Math.floor(tile / across) * tilePx];
    return Buffer.concat(
      Array.from({ length: tilePx }, (__, y) =>
        plane.subarray((top + y) * rowBytes + left, (top + y) * rowBytes + left + tileRow),
      ),
    );
  });
}

class FileWriter {
  readonly #isBig: boolean;
  readonly #isLittle: boolean;
  readonly #parts: Buffer[];
  #length: number;

  constructor(isBig: boolean, isLittle: boolean) {
    this.#isBig = isBig;
    this.#isLittle = isLittle;
    this.#length = isBig ? 16 : 8;
    this.#parts = [Buffer.alloc(this.#length)];
  }

  /** Returns the offset. */
  append(bytes: Buffer): number {
    const offset = this.#length;
    const padded = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
    this.#parts.push(padded);
    this.#length += padded.length;
    return offset;
  }

  directory(tags: Readonly<Record<number, TagValue | undefined>>): number {
    const entries = Object.entries(tags)
      .flatMap(([tag, value]) => (value ? [this.#entry(Number(tag), value)] : []))
      .sort((a, b) => a.tag - b.tag);
    const count = this.#number(entries.length, this.#isBig ? 8 : 2);
    return this.append(Buffer.concat([count, ...entries.map(({ bytes }) => bytes), this.#offset(0)]));
  }

  finish(firstDirectory: number): Buffer {
    const order = Buffer.from(this.#isLittle ? 'II' : 'MM');
    const header = this.#isBig
      ? [order, this.#number(43, 2), this.#number(8, 2), this.#number(0, 2), this.#offset(firstDirectory)]
      : [order, this.#number(42, 2), this.#offset(firstDirectory)];
    return Buffer.concat([Buffer.concat(header), ...this.#parts.slice(1)]);
  }

  #entry(tag: number, { type, values }: TagValue) {
    const [code, bytes] = TYPES[type];
    const content = Buffer.concat(values.map((value) => this.#number(value, bytes)));
    const room = this.#isBig ? 8 : 4;
    const field =
      content.length > room
        ? this.#offset(this.append(content))
        : Buffer.concat([content, Buffer.alloc(room - content.length)]);
    return {
      tag,
      bytes: Buffer.concat([this.#number(tag, 2), this.#number(code, 2), this.#offset(values.length), field]),
    };
  }

  #offset(value: number): Buffer {
    return this.#number(value, this.#isBig ? 8 : 4);
  }

  #number(value: number, bytes: number): Buffer {
    const written = Buffer.alloc(bytes);
    if (bytes === 8) written.writeBigUInt64BE(BigInt(value));
    else written.writeUIntBE(value, 0, bytes);
    return this.#isLittle ? written.reverse() : written;
  }
}
