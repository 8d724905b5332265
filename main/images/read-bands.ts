/** Reads the numbers of a file whose colours libvips would misinterpret, as an 8-bit picture for it. */
import type { Sharp } from 'sharp';
import { ImageUnreadable } from './image-failures.ts';
import { type BandValues, pickBands } from './pick-bands.ts';
import type { BandRule } from './pixel-rule.ts';
import { MOST_PIXELS, sharp } from './sharp-setup.ts';

export interface EightBitPicture {
  /** [height, width, channels] row-major, upright; grey or RGB, each with or without alpha. */
  readonly pixels: Uint8Array;
  readonly raw: { readonly width: number; readonly height: number; readonly channels: 1 | 2 | 3 | 4 };
}

/** The whole picture is in memory at once, in the file's own numbers. */
const MOST_BYTES = 2 ** 30;

interface Depth {
  readonly name: 'uchar' | 'ushort' | 'float';
  readonly bytes: number;
  valuesIn(data: ArrayBufferLike): BandValues;
}

const DEPTHS: { readonly [Scale in BandRule['scale']]: Depth } = {
  levels8: { name: 'uchar', bytes: 1, valuesIn: (data) => new Uint8Array(data) },
  levels16: { name: 'ushort', bytes: 2, valuesIn: (data) => new Uint16Array(data) },
  unit: { name: 'float', bytes: 4, valuesIn: (data) => new Float32Array(data) },
};

/** Throws `ImageUnreadable` if the numbers do not match the header, or are too many. */
export async function readBands(file: Buffer, rule: BandRule): Promise<EightBitPicture> {
  const depth = DEPTHS[rule.scale];
  const options = {
    limitInputPixels: MOST_PIXELS,
    limitInputChannels: rule.bands,
    failOn: 'truncated',
    pages: 1,
    ignoreIcc: true,
  } as const;
  const found = await sharp(file, options).metadata();
  if (found.depth !== depth.name || found.channels !== rule.bands) {
    throw new ImageUnreadable('the TIFF is damaged: its tags contradict each other');
  }
  if (found.width * found.height * rule.bands * depth.bytes > MOST_BYTES) {
    throw new ImageUnreadable(`so many pixels of ${rule.bands} bands are not supported: save the picture as 8-bit RGB`);
  }
  const own = () => sharp(file, options).rotate();
  const { values, width, height, bands } = await numbersOf(own(), found.space, depth);
  const alpha = rule.alpha === null ? [] : [rule.alpha];
  const size = { width, height };
  if (bands > 1) {
    const wanted = [...rule.colours, ...alpha];
    return { pixels: pickBands(values, bands, wanted, rule.scale), raw: { ...size, channels: channelsOf(wanted) } };
  }
  // For grey, libvips returns only the first band unless told otherwise.
  const levels = pickBands(values, 1, [0], rule.scale);
  const grey = rule.isInverted ? levels.map((level) => 255 - level) : levels;
  if (rule.alpha !== 1) return { pixels: grey, raw: { ...size, channels: 1 } };
  const opacity = await numbersOf(own().extractChannel(1), found.space, depth);
  const pixels = beside(grey, pickBands(opacity.values, 1, [0], rule.scale));
  return { pixels, raw: { ...size, channels: 2 } };
}

/** The picture's own numbers: asked for the colour space that it is already in, libvips leaves them unchanged. */
async function numbersOf(picture: Sharp, space: string, { name, valuesIn }: Depth) {
  const { data, info } = await picture.toColourspace(space).raw({ depth: name }).toBuffer({ resolveWithObject: true });
  const isWhole = data.byteLength === data.buffer.byteLength;
  const values = valuesIn(isWhole ? data.buffer : Uint8Array.from(data).buffer);
  return { values, width: info.width, height: info.height, bands: info.channels };
}

function channelsOf({ length }: readonly number[]): 1 | 2 | 3 | 4 {
  if (length === 1 || length === 2 || length === 3 || length === 4) return length;
  throw new Error(`${length} bands are not a picture`);
}

function beside(grey: Uint8Array, alpha: Uint8Array): Uint8Array {
  const pixels = new Uint8Array(2 * grey.length);
  grey.forEach((level, pixel) => {
    pixels[2 * pixel] = level;
    pixels[2 * pixel + 1] = alpha[pixel] as number;
  });
  return pixels;
}
