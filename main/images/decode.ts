/**
 * From an image file to pixels: EXIF orientation applied, first frame, colour profile applied, 8-bit sRGB without
 * alpha, a centred square of the requested size. The meaning of a file's numbers is decided beforehand
 * (inspect-image.ts): pixels are right, or there are none.
 */
import type { Sharp, SharpOptions } from 'sharp';
import { at } from '../at.ts';
import { messageOf } from '../failure.ts';
import { decodeBitmap } from './bitmap.ts';
import { undecodable } from './image-failures.ts';
import type { ImageFormat } from './image-formats.ts';
import type { ImageLocator } from './image-locator.ts';
import { inspectImage } from './inspect-image.ts';
import { wholeJpeg } from './jpeg-end.ts';
import { type JpegHeader, readJpegHeader } from './jpeg-structure.ts';
import { openBytes } from './open-bytes.ts';
import { pngIsEnded } from './png-structure.ts';
import { inMemory } from './random-access.ts';
import { readBands } from './read-bands.ts';
import { MOST_PIXELS, sharp } from './sharp-setup.ts';

/** The resampling filter for shrinking; both have the antialiasing of Pillow and torchvision. */
export type Filter = 'linear' | 'cubic';

/** How an image's bytes are obtained, `openBytes` by default. Throws `ImageUnreachable`. */
export type OpenBytes = (image: ImageLocator) => Promise<Buffer>;

/** Offset of the bit depth in a PNG's first chunk. */
const PNG_DEPTH_OFFSET = 24;

/** The background of transparent pixels: neutral grey, so that it hints at no class. */
export const BACKDROP = { r: 128, g: 128, b: 128 };

/** [size, size, 3] row-major. Throws `ImageUnreadable` or `ImageUnreachable` with the reason. */
export async function decodeSquare(
  image: ImageLocator,
  sizePx: number,
  open: OpenBytes = openBytes,
  filter: Filter = 'linear',
) {
  return await squareOf(await open(image), sizePx, filter);
}

/** A small JPEG with the image's own proportions. Throws `ImageUnreadable` or `ImageUnreachable` with the reason. */
export async function thumbnailJpeg(image: ImageLocator, longSidePx: number, open: OpenBytes = openBytes) {
  return await smallJpegOf(await open(image), longSidePx);
}

/**
 * Resizes the short side and crops the centre, as torchvision does. libjpeg may halve a picture while reading it, but
 * not below twice the wanted size.
 */
async function squareOf(file: Buffer, sizePx: number, filter: Filter): Promise<Uint8Array> {
  return await render(file, async (picture) => {
    const { autoOrient } = await picture.metadata();
    return await squareIn(picture, autoOrient, sizePx, filter);
  });
}

/** A frame of a clip, and its original size. Throws `ImageUnreadable`. */
export async function squareOfBytes(
  file: Buffer,
  sizePx: number,
  filter: Filter,
): Promise<{ readonly pixels: Uint8Array; readonly size: string }> {
  return await render(file, async (picture) => {
    const { autoOrient } = await picture.metadata();
    const size = `${autoOrient.width} × ${autoOrient.height}`;
    return { size, pixels: await squareIn(picture, autoOrient, sizePx, filter) };
  });
}

/** The same for decoded pixels, [height, width, 3]. */
export async function squareOfRaw(
  { widthPx: width, heightPx: height, pixels }: { widthPx: number; heightPx: number; pixels: Buffer },
  sizePx: number,
  filter: Filter,
): Promise<Uint8Array> {
  return await squareIn(sharp(pixels, { raw: { width, height, channels: 3 } }), { width, height }, sizePx, filter);
}

/** All frames of an animated GIF or WebP, [size, size, 3] each. Throws `ImageUnreadable`. */
export async function squareFrames(file: Buffer, sizePx: number, filter: Filter): Promise<Uint8Array[]> {
  const { format } = await inspectImage(inMemory(file));
  try {
    const picture = sharp(file, {
      limitInputPixels: MOST_PIXELS,
      failOn: format === 'gif' ? 'error' : 'truncated',
      pages: -1,
    });
    const { width, pageHeight = 1 } = await picture.metadata();
    const [scaledWidth, scaledHeight] = scaledTo(sizePx, width, pageHeight);
    const { data, info } = await picture
      .flatten({ background: BACKDROP })
      .toColourspace('srgb')
      .resize(scaledWidth, scaledHeight, { fit: 'fill', kernel: filter })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const [left, top] = [middleFrom(scaledWidth, sizePx), middleFrom(scaledHeight, sizePx)];
    const frames = info.height / scaledHeight;
    return Array.from({ length: frames }, (_, frame) => {
      const square = Buffer.alloc(info.channels * sizePx ** 2);
      const rowBytes = info.channels * sizePx;
      for (let y = 0; y < sizePx; y++) {
        const from = info.channels * ((frame * scaledHeight + top + y) * scaledWidth + left);
        data.copy(square, y * rowBytes, from, from + rowBytes);
      }
      return toThreeChannels(square, info.channels, sizePx);
    });
  } catch (error) {
    throw undecodable(error, format);
  }
}

async function squareIn(
  picture: Sharp,
  { width: ownWidth, height: ownHeight }: { readonly width: number; readonly height: number },
  sizePx: number,
  filter: Filter,
): Promise<Uint8Array> {
  const [width, height] = scaledTo(sizePx, ownWidth, ownHeight);
  // If the image is already a square of this size, libvips leaves the pixels unchanged.
  const { data, info } = await picture
    .resize(width, height, { fit: 'fill', kernel: filter, fastShrinkOnLoad: false })
    .extract({ left: middleFrom(width, sizePx), top: middleFrom(height, sizePx), width: sizePx, height: sizePx })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return toThreeChannels(data, info.channels, sizePx);
}

/** The short side becomes `sizePx`, the long side is scaled and truncated, as in torchvision's Resize. */
function scaledTo(sizePx: number, width: number, height: number): [number, number] {
  const long = Math.trunc((sizePx * Math.max(width, height)) / Math.min(width, height));
  return width < height ? [sizePx, long] : [long, sizePx];
}

/** The start of the centre: a half is rounded to even, as in torchvision's CenterCrop. */
function middleFrom(lengthPx: number, sizePx: number): number {
  const margin = (lengthPx - sizePx) / 2;
  return Number.isInteger(margin) ? margin : 2 * Math.round(margin / 2);
}

async function smallJpegOf(file: Buffer, longSidePx: number): Promise<Buffer> {
  return await render(file, (picture) => smallJpeg(picture, longSidePx));
}

/** As large as fits, without enlargement. */
export function within(longSidePx: number) {
  return { width: longSidePx, height: longSidePx, fit: 'inside', withoutEnlargement: true } as const;
}

/** For a picture without alpha; keeps its proportions. */
export async function smallJpeg(picture: Sharp, longSidePx: number): Promise<Buffer> {
  return await picture.resize(within(longSidePx)).jpeg({ quality: 80, mozjpeg: false }).toBuffer();
}

/**
 * Produces the result from a picture in 8-bit sRGB without alpha; called again if the first way of opening it was too
 * strict.
 */
type Finish<Result> = (picture: Sharp) => Promise<Result>;

async function render<Result>(file: Buffer, finish: Finish<Result>): Promise<Result> {
  const { format, rule } = await inspectImage(inMemory(file));
  try {
    if (rule.kind === 'asDecoded') return await OPEN[format](file, finish);
    const { pixels, raw } = await readBands(file, rule);
    return await finish(shown(sharp(pixels, { ...options('truncated'), raw })));
  } catch (error) {
    throw undecodable(error, format);
  }
}

type Open = <Result>(file: Buffer, finish: Finish<Result>) => Promise<Result>;

/** Each as strict as possible without refusing intact files: for TIFF, libvips would refuse an unknown tag. */
const OPEN: { readonly [Format in ImageFormat]: Open } = {
  jpeg: renderJpeg,
  png: async (file, finish) => {
    if (!pngIsEnded(file)) await sharp(file, options('error')).resize(1, 1, { fit: 'fill' }).raw().toBuffer();
    const isDeep = file[PNG_DEPTH_OFFSET] === 16;
    return await finish(isDeep ? await profiled(file, options('error')) : shown(sharp(file, options('error'))));
  },
  gif: (file, finish) => finish(shown(sharp(file, options('error')))),
  webp: (file, finish) => finish(shown(sharp(file, options('truncated')))),
  avif: async (file, finish) => await finish(await profiled(file, options('truncated'))),
  tiff: async (file, finish) => await finish(await profiled(file, options('truncated'))),
  bmp: (file, finish) => {
    const { pixels, ...raw } = decodeBitmap(file);
    return finish(shown(sharp(pixels, { ...options('truncated'), raw })));
  },
};

async function renderJpeg<Result>(file: Buffer, finish: Finish<Result>): Promise<Result> {
  const header = await readJpegHeader(inMemory(file));
  const whole = await wholeJpeg(file, header);
  try {
    return await finish(shown(sharp(whole, options('warning'))));
  } catch (error) {
    if (!isHarmless(messageOf(error), header)) throw error;
    return await finish(shown(sharp(whole, options('truncated'))));
  }
}

/**
 * Warnings that libjpeg gives although every pixel is right. Unexplained bytes between restarts or scans are damage.
 */
function isHarmless(message: string, { junkBytes }: JpegHeader): boolean {
  const harmless = [
    /extraneous bytes before marker 0xd9/,
    ...(junkBytes > 0 ? [/extraneous bytes before marker 0x(?!d[0-7])/] : []),
    /unknown JFIF revision/i,
    /unknown Adobe color transform/i,
    /invalid SOS parameters for sequential JPEG/i,
    /inconsistent progression sequence/i,
  ];
  const lines = message.split('\n').filter((line) => line.trim() !== '');
  return lines.every((line) => harmless.some((pattern) => pattern.test(line)));
}

/**
 * Applies the picture's own colour profile. For 16-bit pictures with one, sharp works in Display P3 and then treats the
 * result as sRGB, which turns 200,40,40 into 184,56,48: these are converted to 8 bits before the profile is applied.
 */
async function profiled(file: Buffer, given: SharpOptions): Promise<Sharp> {
  const { space, icc } = await sharp(file, given).metadata();
  const picture = shown(sharp(file, given));
  if (!icc) return picture;
  if (space === 'rgb16') return picture.pipelineColourspace('srgb');
  return space === 'grey16' ? picture.pipelineColourspace('b-w') : picture;
}

function options(failOn: NonNullable<SharpOptions['failOn']>) {
  return { limitInputPixels: MOST_PIXELS, failOn, pages: 1 } as const;
}

function shown(picture: Sharp): Sharp {
  return picture.rotate().flatten({ background: BACKDROP }).toColourspace('srgb');
}

function toThreeChannels(data: Buffer, channels: number, sizePx: number): Uint8Array {
  if (channels === 3) return data;
  const pixels = new Uint8Array(3 * sizePx * sizePx);
  for (let i = 0; i < sizePx * sizePx; i++) pixels.fill(at(data, i * channels), 3 * i, 3 * i + 3);
  return pixels;
}
