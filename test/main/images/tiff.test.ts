import { describe, expect, it } from 'vitest';
import { ImageUnreadable } from '../../../main/images/image-failures.ts';
import { before, COLOURS, colourAt, GREY_QUADRANTS, greyAt, pixelsOf, quadrantAt, quadrantsOf } from './quadrants.ts';
import { ascii, short, type TiffOptions, tiffFile } from './tiff-file.ts';

const WHITE_IS_ZERO = 0;
const BLACK_IS_ZERO = 1;
const RGB = 2;
const PALETTE = 3;
const CMYK = 5;
const ALPHA = 2;
const PREMULTIPLIED = 1;
const UNSPECIFIED = 0;

const grey = (options: Partial<TiffOptions> & { readonly of?: (level: number) => number } = {}): Buffer =>
  tiffFile({
    photometric: BLACK_IS_ZERO,
    samples: 1,
    pixel: (x, y) => [(options.of ?? Number)(greyAt(x, y))],
    ...options,
  });
const rgb = (options: Partial<TiffOptions> & { readonly of?: (level: number) => number } = {}): Buffer =>
  tiffFile({ photometric: RGB, samples: 3, pixel: (x, y) => colourAt(x, y).map(options.of ?? Number), ...options });
/** Red, green and blue, then these. */
const rgbAnd = (
  extraSamples: readonly number[] | undefined,
  more: readonly number[],
  options: Partial<TiffOptions> = {},
) =>
  rgb({
    samples: 3 + more.length,
    ...(extraSamples ? { extraSamples } : {}),
    pixel: (x, y) => [...colourAt(x, y).map((level) => level * (options.bits === 16 ? 257 : 1)), ...more],
    ...options,
  });
const float = { bits: 32, numbers: 'float' } as const;
const unit = (level: number): number => level / 255;
const colourMap = (entries: number, scale: number) =>
  short(
    ...[0, 1, 2].flatMap((channel) =>
      Array.from({ length: entries }, (_, index) => (COLOURS[index]?.[channel] ?? 0) * scale),
    ),
  );
const refusal = async (file: Buffer): Promise<string> => {
  const error: unknown = await pixelsOf(file).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ImageUnreadable);
  return (error as Error).message;
};

describe('a TIFF in red, green and blue', () => {
  it.each<[string, Buffer]>([
    ['8 bits', rgb()],
    ['16 bits', rgb({ bits: 16, of: (level) => level * 257 })],
    ['float from 0 to 1', rgb({ ...float, of: unit })],
    ['most significant byte first', rgb({ byteOrder: 'big', bits: 16, of: (level) => level * 257 })],
    ['BigTIFF', rgb({ isBig: true })],
    ['a plane for each band', rgb({ planes: 'separate', rowsPerStrip: 5 })],
    ['a fourth band of which nothing is said', rgbAnd([UNSPECIFIED], [10])],
    ['a fourth band that is not even announced', rgbAnd(undefined, [10])],
    ['two more bands', rgbAnd([UNSPECIFIED, UNSPECIFIED], [250, 10])],
    ['two more bands in planes of their own', rgbAnd([UNSPECIFIED, UNSPECIFIED], [250, 10], { planes: 'separate' })],
    ['nine more bands of 16 bits', rgbAnd(Array(9).fill(UNSPECIFIED), Array(9).fill(9), { bits: 16 })],
    [
      'an unspecified band of float',
      rgbAnd([UNSPECIFIED], [40], { ...float, pixel: (x, y) => [...colourAt(x, y).map(unit), 40] }),
    ],
    ['a tag of its own and an orientation that there is not', rgb({ tags: { 274: short(0), 65000: short(7) } })],
  ])('gives its colours: %s', async (_kind, file) => {
    expect(await quadrantsOf(file)).toEqual(COLOURS);
  });

  it('gives its colours out of compressed tiles', async () => {
    const tiled = rgb({ sizePx: 32, tilePx: 16, isDeflated: true, pixel: (x, y) => colourAt(x, y, 32) });
    expect(await quadrantsOf(tiled, 32)).toEqual(COLOURS);
  });

  const seen = COLOURS.map((colour) => colour.map((level) => before(level, 51)));

  it.each<[string, Buffer]>([
    ['alpha', rgbAnd([ALPHA], [51])],
    ['16-bit alpha', rgbAnd([ALPHA], [51 * 257], { bits: 16 })],
    ['alpha in float', rgbAnd([ALPHA], [0.2], { ...float, pixel: (x, y) => [...colourAt(x, y).map(unit), 0.2] })],
    ['alpha behind a band of something else', rgbAnd([UNSPECIFIED, ALPHA], [250, 51])],
    ['alpha before one', rgbAnd([ALPHA, UNSPECIFIED], [51, 250])],
    [
      'alpha that the colours are multiplied by',
      rgbAnd([PREMULTIPLIED], [51], { pixel: (x, y) => [...colourAt(x, y).map((level) => level / 5), 51] }),
    ],
  ])('shows grey through its %s', async (_kind, file) => {
    expect(await quadrantsOf(file)).toEqual(seen);
  });

  it('is turned as it says when its bands are picked', async () => {
    const turned = await quadrantsOf(rgbAnd([UNSPECIFIED, UNSPECIFIED], [1, 2], { tags: { 274: short(6) } }));
    expect(turned).toEqual([COLOURS[2], COLOURS[0], COLOURS[3], COLOURS[1]]);
  });
});

describe('a TIFF in grey', () => {
  it.each<[string, Buffer]>([
    ['8 bits', grey()],
    ['16 bits', grey({ bits: 16, of: (level) => level * 257 })],
    ['float from 0 to 1', grey({ ...float, of: unit })],
    ['white is zero', grey({ photometric: WHITE_IS_ZERO, of: (level) => 255 - level })],
    ['white is zero, 16 bits', grey({ photometric: WHITE_IS_ZERO, bits: 16, of: (level) => 65_535 - 257 * level })],
    ['white is zero, float', grey({ photometric: WHITE_IS_ZERO, ...float, of: (level) => 1 - level / 255 })],
    [
      'a second band of which nothing is said',
      grey({ samples: 2, extraSamples: [UNSPECIFIED], pixel: (x, y) => [greyAt(x, y), 10] }),
    ],
    [
      'a second band of 16 bits',
      grey({ samples: 2, bits: 16, extraSamples: [UNSPECIFIED], pixel: (x, y) => [257 * greyAt(x, y), 10] }),
    ],
  ])('gives its levels: %s', async (_kind, file) => {
    expect(await quadrantsOf(file)).toEqual(GREY_QUADRANTS);
  });

  it('agrees in float with the same picture in three bands', async () => {
    const levels = (x: number, y: number) => unit((16 * y + x) % 256);
    const one = await pixelsOf(grey({ ...float, pixel: (x, y) => [levels(x, y)] }));
    const three = await pixelsOf(rgb({ ...float, pixel: (x, y) => Array(3).fill(levels(x, y)) }));
    expect(one).toEqual(three);
    expect([...one.subarray(0, 9)]).toEqual([0, 0, 0, 1, 1, 1, 2, 2, 2]);
  });

  it.each([
    [1, [0, 255, 0, 255]],
    [2, [85, 170, 0, 170]],
    [4, [85, 136, 51, 170]],
  ])('spreads %i bits over all levels', async (bits, levels) => {
    const quadrants = await quadrantsOf(grey({ bits, of: (level) => level >> (8 - bits) }));
    expect(quadrants.map(([level]) => level)).toEqual(levels);
  });

  it.each<[string, Buffer]>([
    ['8 bits', grey({ samples: 2, extraSamples: [ALPHA], pixel: (x, y) => [greyAt(x, y), 51] })],
    ['float', grey({ ...float, samples: 2, extraSamples: [ALPHA], pixel: (x, y) => [unit(greyAt(x, y)), 0.2] })],
  ])('shows grey through its alpha: %s', async (_kind, file) => {
    expect((await quadrantsOf(file)).map(([level]) => level)).toEqual(
      GREY_QUADRANTS.map(([level]) => before(level ?? 0, 51)),
    );
  });
});

describe('a TIFF with other colours', () => {
  const index = (x: number, y: number) => quadrantAt(x, y);

  it.each<[string, Buffer]>([
    [
      '256 colours',
      tiffFile({
        photometric: PALETTE,
        samples: 1,
        pixel: (x, y) => [index(x, y)],
        tags: { 320: colourMap(256, 257) },
      }),
    ],
    [
      '16 colours',
      tiffFile({
        photometric: PALETTE,
        samples: 1,
        bits: 4,
        pixel: (x, y) => [index(x, y)],
        tags: { 320: colourMap(16, 257) },
      }),
    ],
    [
      'colours of 8 bits',
      tiffFile({ photometric: PALETTE, samples: 1, pixel: (x, y) => [index(x, y)], tags: { 320: colourMap(256, 1) } }),
    ],
  ])('gives those of its palette: %s', async (_kind, file) => {
    expect(await quadrantsOf(file)).toEqual(COLOURS);
  });

  it('shows grey through a palette with alpha', async () => {
    const file = tiffFile({
      photometric: PALETTE,
      samples: 2,
      extraSamples: [ALPHA],
      pixel: (x, y) => [index(x, y), 51],
      tags: { 320: colourMap(256, 257) },
    });
    expect(await quadrantsOf(file)).toEqual(COLOURS.map((colour) => colour.map((level) => before(level, 51))));
  });

  it('turns inks into colours, of 8 and of 16 bits alike', async () => {
    const inks = (scale: number) => (x: number, y: number) => [
      ...colourAt(x, y).map((level) => (255 - level) * scale),
      0,
    ];
    const eight = await quadrantsOf(tiffFile({ photometric: CMYK, samples: 4, pixel: inks(1) }));
    const sixteen = await quadrantsOf(tiffFile({ photometric: CMYK, samples: 4, bits: 16, pixel: inks(257) }));
    expect(eight).toEqual(sixteen);
    const strongest = eight.map((colour) => colour.indexOf(Math.max(...colour)));
    expect(strongest).toEqual([0, 1, 2, 0]);
  });
});

describe('a TIFF whose numbers nothing explains', () => {
  it.each<[string, Buffer, RegExp]>([
    [
      '32-bit integers',
      grey({ bits: 32, of: (level) => level * 16_843_009 }),
      /nothing says which of the 32-bit numbers is white/,
    ],
    ['32-bit integers in colour', rgb({ bits: 32, of: (level) => level * 16_843_009 }), /32-bit numbers is white/],
    ['64-bit integers', grey({ bits: 64 }), /64-bit numbers is white/],
    [
      'signed bytes',
      grey({ numbers: 'signed', of: (level) => level - 128 }),
      /signed 8-bit numbers are black and white/,
    ],
    ['signed 16-bit integers', grey({ numbers: 'signed', bits: 16 }), /signed 16-bit numbers/],
    ['64-bit float', grey({ numbers: 'float', bits: 64, of: unit }), /64-bit float is not supported/],
    ['float from 0 to 255', grey({ ...float }), /from 58 to 166, and nothing says which are black and white/],
    ['float from −1 to 1', rgb({ ...float, of: (level) => level / 127.5 - 1 }), /from -0.6863 to 0.5686/],
    [
      'float that is no number',
      grey({ ...float, of: (level) => (level === 58 ? Number.NaN : unit(level)) }),
      /not numbers/,
    ],
    [
      'infinite float',
      rgb({ ...float, of: (level) => (level === 60 ? Number.POSITIVE_INFINITY : unit(level)) }),
      /not numbers/,
    ],
    [
      'five bands of grey',
      grey({ samples: 5, extraSamples: [0, 0, 0, 0], pixel: (x, y) => [greyAt(x, y), 1, 2, 3, 4] }),
      /which of the 5 bands/,
    ],
    [
      'three bands of grey',
      grey({ samples: 3, extraSamples: [0, 0], pixel: (x, y) => [greyAt(x, y), 1, 2] }),
      /which of the 3 bands/,
    ],
    [
      'two bands in planes',
      grey({ samples: 2, extraSamples: [0], planes: 'separate', pixel: (x, y) => [greyAt(x, y), 9] }),
      /a second band stored so/,
    ],
    ['tiles in planes', rgb({ tilePx: 16, planes: 'separate' }), /tiles with a plane for each band/],
    ['bands of different depths', rgb({ tags: { 258: short(8, 8, 16) } }), /numbers of different kinds/],
    ['RGB of 4 bits', rgb({ bits: 4, of: (level) => level >> 4 }), /RGB of 4 bits/],
    ['Lab', rgb({ photometric: 8 }), /Lab colours/],
    ['YCbCr without JPEG', rgb({ photometric: 6, tags: { 530: short(1, 1) } }), /YCbCr without JPEG/],
    [
      'other inks',
      tiffFile({ photometric: CMYK, samples: 4, pixel: () => [1, 2, 3, 4], tags: { 332: short(2) } }),
      /inks other than CMYK/,
    ],
    [
      'CMYK and a spot colour',
      tiffFile({ photometric: CMYK, samples: 5, extraSamples: [0], pixel: () => [1, 2, 3, 4, 5] }),
      /CMYK with 5 bands/,
    ],
    ['no word of its colours', rgb({ tags: { 262: undefined } }), /does not say what its numbers mean/],
    ['a compression from elsewhere', rgb({ tags: { 259: short(34887) } }), /LERC/],
    ['fewer bands than colours', rgb({ tags: { 277: short(2) } }), /of 3 bands of colour it has 2/],
  ])('is refused: %s', async (_kind, file, reason) => {
    expect(await refusal(file)).toMatch(reason);
  });
});

describe("a camera's TIFF", () => {
  const PREVIEW = { type: 'long', values: [1] } as const;
  const SENSOR = { 256: short(6000), 257: short(4000), 262: short(32803) };

  it.each<[string, Buffer]>([
    [
      'a preview before the sensor’s values',
      rgb({ tags: { 254: PREVIEW, 271: ascii('NIKON CORPORATION') }, subDirectory: SENSOR }),
    ],
    ['the sensor’s values behind a whole picture', rgb({ subDirectory: SENSOR })],
    ['a preview before anything', rgb({ tags: { 254: PREVIEW, 271: ascii('SONY') } })],
    ['DNG', rgb({ tags: { 50706: { type: 'byte', values: [1, 4, 0, 0] } } })],
    ['the sensor’s values alone', grey({ photometric: 32803, bits: 16 })],
  ])('is not a picture: %s', async (_kind, file) => {
    expect(await refusal(file)).toBe('camera RAW is not supported: develop it to JPEG or TIFF');
  });

  it('is a picture when the camera wrote one', async () => {
    expect(await quadrantsOf(rgb({ tags: { 271: ascii('NIKON CORPORATION') } }))).toEqual(COLOURS);
  });
});

describe('a damaged TIFF', () => {
  const file = rgb();

  it('is refused wherever it is cut', async () => {
    for (let length = 8; length < file.length; length += 61) {
      expect(await refusal(file.subarray(0, length))).toMatch(/cut short|damaged|known format|text/);
    }
  });

  it('is refused when its tags lead nowhere, in circles or to each other’s places', async () => {
    const directory = file.readUInt32LE(4);
    const many = Buffer.from(file);
    many.writeUInt16LE(0xffff, directory);
    expect(await refusal(many)).toMatch(/cut short|no end/);
    const circle = Buffer.from(file);
    circle.writeUInt32LE(directory, directory + 2 + 12 * file.readUInt16LE(directory));
    expect(await quadrantsOf(circle)).toEqual(COLOURS);
    const nowhere = Buffer.from(file);
    nowhere.writeUInt32LE(0xfffffff0, directory + 2 + 12 * file.readUInt16LE(directory));
    expect(await quadrantsOf(nowhere)).toEqual(COLOURS);
  });
});
