/**
 * What to do with a TIFF's numbers: libvips's own conversion where it is right, bands picked and scaled here where it
 * is not, a refusal if nothing defines which number is white or which band is red. docs/image-formats.md has the table.
 * Measured against libvips 8.18, which takes every fourth band as alpha, truncates float and 32-bit integers to 8 bits
 * without scaling, returns YCbCr as RGB, and mixes up two bands in separate planes.
 */
import { at } from '../at.ts';
import { CAMERA_RAW } from './foreign-kinds.ts';
import { ImageUnreadable } from './image-failures.ts';
import type { PixelRule } from './pixel-rule.ts';
import type { TiffDirectory } from './tiff-directories.ts';

/** PhotometricInterpretation. */
const WHITE_IS_ZERO = 0;
const BLACK_IS_ZERO = 1;
const RGB = 2;
const PALETTE = 3;
const CMYK = 5;
const YCBCR = 6;
const OTHER_COLOURS: ReadonlyMap<number, string> = new Map([
  [4, 'a mask of another picture, not a picture'],
  [8, 'Lab colours are not supported: convert the picture to RGB'],
  [9, 'Lab colours are not supported: convert the picture to RGB'],
  [10, 'Lab colours are not supported: convert the picture to RGB'],
  [32844, 'LogLuv colours are not supported: convert the picture to RGB of 8 or 16 bits'],
  [32845, 'LogLuv colours are not supported: convert the picture to RGB of 8 or 16 bits'],
]);
/** A camera sensor's values: a colour filter array, or its conversion to linear light. */
const SENSOR_VALUES = [32803, 34892];

const UNSIGNED = 1;
const SIGNED = 2;
const FLOAT = 3;

/** ExtraSamples. 0 says that a band exists, but not what it is. */
const PREMULTIPLIED_ALPHA = 1;
const ALPHA_KINDS = [PREMULTIPLIED_ALPHA, 2];

const JPEG = 7;
const COMPRESSIONS = [1, 2, 3, 4, 5, JPEG, 8, 32773, 32946, 50001];
const COMPRESSION_NAMES: ReadonlyMap<number, string> = new Map([
  [6, 'old-style JPEG'],
  [34661, 'JBIG'],
  [34712, 'JPEG 2000'],
  [34887, 'LERC'],
  [34925, 'LZMA'],
  [50000, 'Zstandard'],
  [50002, 'JPEG XL'],
  [52546, 'JPEG XL'],
]);

/** Throws `ImageUnreadable` with the reason of a refusal. */
export function tiffRule(first: TiffDirectory, others: readonly TiffDirectory[]): PixelRule {
  refuseCameraRaw(first, others);
  const { photometric, compression } = first;
  if (photometric === null)
    throw new ImageUnreadable('the TIFF does not say what its numbers mean (no photometric tag)');
  const other = OTHER_COLOURS.get(photometric);
  if (other !== undefined) throw new ImageUnreadable(other);
  if (!COMPRESSIONS.includes(compression)) {
    const name = COMPRESSION_NAMES.get(compression) ?? `number ${compression}`;
    throw new ImageUnreadable(
      `this compression of TIFF (${name}) is not supported: save it without compression or with LZW`,
    );
  }
  if (first.planes === 'separate' && first.isTiled) {
    throw new ImageUnreadable(
      'tiles with a plane for each band are not supported: save the picture with interleaved bands',
    );
  }
  const rule = RULES.get(photometric);
  if (!rule)
    throw new ImageUnreadable(
      `colours of this kind (photometric ${photometric}) are not supported: convert the picture to RGB`,
    );
  return rule({ ...first, ...numbersOf(first) });
}

function refuseCameraRaw(first: TiffDirectory, others: readonly TiffDirectory[]): void {
  const all = [first, ...others];
  const isRaw = all.some(
    ({ isDng, photometric }) => isDng || (photometric !== null && SENSOR_VALUES.includes(photometric)),
  );
  if (isRaw || (first.isPreview && first.namesCamera)) throw new ImageUnreadable(CAMERA_RAW);
  if (first.isPreview)
    throw new ImageUnreadable('the first picture in the TIFF is only a preview of another one: save that one alone');
}

interface Numbers {
  readonly depth: number;
  readonly numberKind: 'unsigned' | 'float';
}

type Picture = TiffDirectory & Numbers;

/** One depth and kind for all bands. */
function numbersOf({ bits, sampleFormats }: TiffDirectory): Numbers {
  const depth = bits[0] ?? 1;
  const format = sampleFormats[0] ?? UNSIGNED;
  if (bits.some((other) => other !== depth) || sampleFormats.some((other) => other !== format)) {
    throw new ImageUnreadable('the bands are numbers of different kinds: save them alike, with 8 or 16 bits');
  }
  if (format === UNSIGNED && [1, 2, 4, 8, 16].includes(depth)) return { depth, numberKind: 'unsigned' };
  if (format === FLOAT && depth === 32) return { depth, numberKind: 'float' };
  throw new ImageUnreadable(
    `${numberTitle(format, depth)}: save the picture with 8 or 16 bits, or as 32-bit float from 0 to 1`,
  );
}

function numberTitle(format: number, depth: number): string {
  if (format === UNSIGNED && depth > 16) return `nothing says which of the ${depth}-bit numbers is white`;
  if (format === SIGNED) return `nothing says which of the signed ${depth}-bit numbers are black and white`;
  if (format === FLOAT) return `${depth}-bit float is not supported`;
  if (format === UNSIGNED) return `${depth} bits a number are not supported`;
  return 'numbers of this kind (complex or undefined) are not supported';
}

type Rule = (picture: Picture) => PixelRule;

const AS_DECODED: PixelRule = { kind: 'asDecoded' };

const RULES: ReadonlyMap<number, Rule> = new Map<number, Rule>([
  [WHITE_IS_ZERO, greyRule],
  [BLACK_IS_ZERO, greyRule],
  [RGB, rgbRule],
  [PALETTE, paletteRule],
  [CMYK, cmykRule],
  [YCBCR, ycbcrRule],
]);

function greyRule(picture: Picture): PixelRule {
  const { samples, depth, numberKind, photometric, planes } = picture;
  const alpha = alphaOf(picture, 1);
  const isWhiteZero = photometric === WHITE_IS_ZERO;
  if (samples > 2) throw new ImageUnreadable(whichBands(samples));
  if (samples > 1 && (depth < 8 || planes === 'separate')) throw new ImageUnreadable(SAVE_GREY);
  if (alpha?.isPremultiplied && (isWhiteZero || numberKind === 'float')) throw new ImageUnreadable(SAVE_GREY);
  if (numberKind === 'unsigned' && (samples === 1 || alpha)) return AS_DECODED;
  return bandRule(picture, [0], alpha, numberKind === 'float' && isWhiteZero);
}

function rgbRule(picture: Picture): PixelRule {
  const { samples, depth, numberKind } = picture;
  const alpha = alphaOf(picture, 3);
  if (depth < 8) throw new ImageUnreadable(`RGB of ${depth} bits is not supported: save the picture with 8 or 16 bits`);
  if (numberKind === 'unsigned' && (samples === 3 || (samples === 4 && alpha))) return AS_DECODED;
  if (numberKind === 'float' && alpha?.isPremultiplied && samples > 4) throw new ImageUnreadable(SAVE_RGB);
  return bandRule(picture, [0, 1, 2], alpha, false);
}

function paletteRule(picture: Picture): PixelRule {
  const { samples, depth, numberKind, planes } = picture;
  const alpha = alphaOf(picture, 1);
  const isPlain = samples === 1 && depth <= 8;
  const isTransparent = samples === 2 && depth === 8 && planes === 'interleaved' && alpha && !alpha.isPremultiplied;
  if (numberKind === 'unsigned' && (isPlain || isTransparent)) return AS_DECODED;
  throw new ImageUnreadable(
    `a palette with ${samples} bands of ${depth} bits is not supported: save the picture as RGB`,
  );
}

function cmykRule(picture: Picture): PixelRule {
  const { samples, depth, numberKind, inkSet } = picture;
  const alpha = alphaOf(picture, 4);
  if (inkSet !== 1) throw new ImageUnreadable('inks other than CMYK are not supported: convert the picture to RGB');
  const isWhole = depth >= 8 && numberKind === 'unsigned';
  if (isWhole && (samples === 4 || (samples === 5 && alpha && !alpha.isPremultiplied))) return AS_DECODED;
  throw new ImageUnreadable(`CMYK with ${samples} bands of ${depth} bits is not supported: convert the picture to RGB`);
}

function ycbcrRule({ samples, depth, numberKind, compression }: Picture): PixelRule {
  if (compression === JPEG && samples === 3 && depth === 8 && numberKind === 'unsigned') return AS_DECODED;
  throw new ImageUnreadable('YCbCr without JPEG compression is not supported: convert the picture to RGB');
}

const SAVE_GREY = 'grey with a second band stored so is not supported: save it as 8-bit grey with interleaved alpha';
const SAVE_RGB = 'RGB with a second band stored so is not supported: save it as 8-bit RGB';

function whichBands(samples: number): string {
  return `nothing says which of the ${samples} bands are red, green and blue: save those three as RGB`;
}

interface Alpha {
  readonly band: number;
  /** The colours have been multiplied by it. */
  readonly isPremultiplied: boolean;
}

/** A band that the file calls alpha; an unspecified one is not alpha. Throws if there are fewer bands than colours. */
function alphaOf({ samples, extraSamples }: Picture, colours: number): Alpha | undefined {
  if (samples < colours)
    throw new ImageUnreadable(`the TIFF is damaged: of ${colours} bands of colour it has ${samples}`);
  const place = extraSamples.slice(0, samples - colours).findIndex((kind) => ALPHA_KINDS.includes(kind));
  if (place < 0) return undefined;
  return { band: colours + place, isPremultiplied: at(extraSamples, place) === PREMULTIPLIED_ALPHA };
}

function bandRule(
  picture: Picture,
  colours: readonly number[],
  alpha: Alpha | undefined,
  isInverted: boolean,
): PixelRule {
  const { samples, depth, numberKind } = picture;
  const levels = depth === 8 ? 'levels8' : 'levels16';
  const scale = numberKind === 'float' ? 'unit' : levels;
  return { kind: 'bands', bands: samples, colours, alpha: alpha?.band ?? null, scale, isInverted };
}
