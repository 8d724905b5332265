import { describe, expect, it } from 'vitest';
import { before, COLOURS, colourAt, pixelsOf, quadrantAt, quadrantsOf, SIZE_PX } from './quadrants.ts';

interface BitmapOptions {
  readonly headerBytes?: 12 | 40 | 56 | 108 | 124;
  readonly bits: number;
  readonly compression?: number;
  /** Red, green, blue and alpha. */
  readonly masks?: readonly number[];
  readonly palette?: readonly (readonly number[])[];
  readonly isTopDown?: boolean;
  readonly pixel: (x: number, y: number) => number;
}

/** A BMP file of the test's size. */
function bitmapFile({
  headerBytes = 40,
  bits,
  compression = 0,
  masks = [],
  palette = [],
  isTopDown = false,
  pixel,
}: BitmapOptions) {
  const isOld = headerBytes === 12;
  const header = Buffer.alloc(14 + headerBytes);
  header.write('BM');
  header.writeUInt32LE(headerBytes, 14);
  if (isOld) header.set([SIZE_PX, 0, SIZE_PX, 0, 1, 0, bits, 0], 18);
  else {
    header.writeInt32LE(SIZE_PX, 18);
    header.writeInt32LE(isTopDown ? -SIZE_PX : SIZE_PX, 22);
    header.writeUInt16LE(1, 26);
    header.writeUInt16LE(bits, 28);
    header.writeUInt32LE(compression, 30);
    header.writeUInt32LE(palette.length, 46);
  }
  const maskBytes = Buffer.alloc(4 * masks.length);
  for (const [index, mask] of masks.entries()) maskBytes.writeUInt32LE(mask, 4 * index);
  const inside = headerBytes > 40;
  if (inside) maskBytes.copy(header, 54);
  const colours = Buffer.from(palette.flatMap(([r = 0, g = 0, b = 0]) => (isOld ? [b, g, r] : [b, g, r, 0])));
  const rowBytes = Math.ceil((SIZE_PX * bits) / 32) * 4;
  const rows = Buffer.alloc(SIZE_PX * rowBytes);
  for (let y = 0; y < SIZE_PX; y++) {
    const row = (isTopDown ? y : SIZE_PX - 1 - y) * rowBytes;
    for (let x = 0; x < SIZE_PX; x++) {
      const at = row + ((x * bits) >> 3);
      if (bits < 8) rows[at] = (rows[at] ?? 0) | (pixel(x, y) << (8 - bits - ((x * bits) & 7)));
      else rows.writeUIntLE(pixel(x, y), at, bits / 8);
    }
  }
  const before = [header, ...(inside ? [] : [maskBytes]), colours];
  header.writeUInt32LE(
    before.reduce((sum, part) => sum + part.length, 0),
    10,
  );
  return Buffer.concat([...before, rows]);
}

const packed =
  (shifts: readonly number[], alpha = 0) =>
  (x: number, y: number) =>
    [...colourAt(x, y), alpha].reduce((sum, level, channel) => sum + level * 2 ** (shifts[channel] ?? 0), 0);
const BGRA = [16, 8, 0, 24];
const BGRA_MASKS = [0xff0000, 0xff00, 0xff, 0xff000000];

describe('a bitmap', () => {
  it.each<[string, Buffer]>([
    ['24 bits', bitmapFile({ bits: 24, pixel: packed(BGRA) })],
    ['from the top', bitmapFile({ bits: 24, isTopDown: true, pixel: packed(BGRA) })],
    ['of OS/2', bitmapFile({ headerBytes: 12, bits: 24, pixel: packed(BGRA) })],
    [
      'a palette of OS/2',
      bitmapFile({
        headerBytes: 12,
        bits: 8,
        palette: Array.from({ length: 256 }, (_, index) => COLOURS[index] ?? [0, 0, 0]),
        pixel: quadrantAt,
      }),
    ],
    ['256 colours, four of them named', bitmapFile({ bits: 8, palette: COLOURS, pixel: quadrantAt })],
    ['16 colours', bitmapFile({ bits: 4, palette: COLOURS, pixel: quadrantAt })],
    ['32 bits, the last byte means nothing', bitmapFile({ bits: 32, pixel: packed(BGRA, 51) })],
    [
      '32 bits, red first',
      bitmapFile({ bits: 32, compression: 3, masks: [0xff, 0xff00, 0xff0000], pixel: packed([0, 8, 16, 24], 51) }),
    ],
    [
      '32 bits, an alpha that was never filled in',
      bitmapFile({ headerBytes: 124, bits: 32, compression: 3, masks: BGRA_MASKS, pixel: packed(BGRA, 0) }),
    ],
  ])('gives its colours: %s', async (_kind, file) => {
    expect(await quadrantsOf(file)).toEqual(COLOURS);
  });

  it.each([56, 108, 124] as const)('shows grey through its alpha (header of %i bytes)', async (headerBytes) => {
    const file = bitmapFile({ headerBytes, bits: 32, compression: 3, masks: BGRA_MASKS, pixel: packed(BGRA, 51) });
    expect(await quadrantsOf(file)).toEqual(COLOURS.map((colour) => colour.map((level) => before(level, 51))));
  });

  it('spreads 5 and 6 bits over all levels', async () => {
    const white = bitmapFile({ bits: 16, compression: 3, masks: [0xf800, 0x07e0, 0x001f], pixel: () => 0xffff });
    expect([...(await pixelsOf(white)).subarray(0, 3)]).toEqual([255, 255, 255]);
    const red = bitmapFile({ bits: 16, pixel: () => 0x7c00 });
    expect([...(await pixelsOf(red)).subarray(0, 3)]).toEqual([255, 0, 0]);
  });

  it('of one bit has its two colours', async () => {
    const file = bitmapFile({
      bits: 1,
      palette: [
        [9, 8, 7],
        [200, 201, 202],
      ],
      pixel: (x) => Number(x >= SIZE_PX / 2),
    });
    expect((await quadrantsOf(file)).slice(0, 2)).toEqual([
      [9, 8, 7],
      [200, 201, 202],
    ]);
  });

  it.each<[string, Buffer, RegExp]>([
    [
      'compressed',
      bitmapFile({ bits: 8, compression: 1, palette: COLOURS, pixel: quadrantAt }),
      /compression 1 are not supported/,
    ],
    [
      'a colour that is in no palette',
      bitmapFile({ bits: 8, palette: COLOURS.slice(0, 2), pixel: quadrantAt }),
      /not in its palette/,
    ],
    ['cut short', bitmapFile({ bits: 24, pixel: packed(BGRA) }).subarray(0, 300), /cut short/],
    ['cut in its header', bitmapFile({ bits: 24, pixel: packed(BGRA) }).subarray(0, 30), /cut short/],
  ])('is refused: %s', async (_kind, file, reason) => {
    await expect(pixelsOf(file)).rejects.toThrow(reason);
  });
});
