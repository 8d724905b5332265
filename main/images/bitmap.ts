/**
 * Uncompressed Windows and OS/2 bitmaps, which the prebuilt libvips does not read: palettes of 1, 4 and 8 bits, colours
 * of 16, 24 and 32 bits with any masks (Microsoft's documentation of BITMAPINFOHEADER to BITMAPV5HEADER). The fourth
 * byte of a 32-bit pixel is alpha only if the header has a mask for it. Compressed ones are refused with a reason.
 */
import { ImageUnreadable } from './image-failures.ts';
import { MOST_PIXELS } from './sharp-setup.ts';

export interface Bitmap {
  /** [height, width, channels] row-major; the fourth channel is alpha. */
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
}

export interface BitmapHeader {
  readonly width: number;
  readonly height: number;
}

/** The bits of a colour in a pixel. */
interface Mask {
  readonly bits: number;
  readonly shift: number;
  readonly most: number;
}

interface Layout extends BitmapHeader {
  readonly bits: number;
  /** The offset of the pixels. */
  readonly offset: number;
  readonly isBottomUp: boolean;
  readonly palette: { readonly offset: number; readonly entryBytes: number; readonly entries: number };
  /** Red, green, blue and, if present, alpha. */
  readonly masks: readonly Mask[];
}

/** Enough to read everything about a bitmap except its palette and pixels. */
export const BITMAP_HEADER_BYTES = 14 + 124;
const FILE_HEADER_BYTES = 14;
const OS2_HEADER_BYTES = 12;
const HEADER_BYTES = [OS2_HEADER_BYTES, 40, 52, 56, 64, 108, 124];
const MASKS_OFFSET = FILE_HEADER_BYTES + 40;

const UNCOMPRESSED = 0;
const BITFIELDS = 3;
const ALPHA_BITFIELDS = 6;
const DEFAULT_MASKS: ReadonlyMap<number, readonly number[]> = new Map([
  [16, [0x7c00, 0x03e0, 0x001f]],
  [24, [0xff0000, 0x00ff00, 0x0000ff]],
  [32, [0xff0000, 0x00ff00, 0x0000ff]],
]);

export function isBitmap(head: Buffer): boolean {
  return head.toString('latin1', 0, 2) === 'BM' && head.length >= 18 && HEADER_BYTES.includes(head.readUInt32LE(14));
}

/** Throws `ImageUnreadable` if the header describes something that cannot be decoded. */
export function readBitmapHeader(head: Buffer): BitmapHeader {
  const { width, height } = layoutOf(head);
  return { width, height };
}

function layoutOf(file: Buffer): Layout {
  const headerBytes = file.readUInt32LE(14);
  if (file.length < FILE_HEADER_BYTES + headerBytes) throw new ImageUnreadable('the file is cut short');
  const isOs2 = headerBytes === OS2_HEADER_BYTES;
  const [width, signedHeight] = isOs2
    ? [file.readUInt16LE(18), file.readUInt16LE(20)]
    : [file.readInt32LE(18), file.readInt32LE(22)];
  const bits = file.readUInt16LE(isOs2 ? 24 : 28);
  const compression = isOs2 ? UNCOMPRESSED : file.readUInt32LE(30);
  const height = Math.abs(signedHeight);
  if (width <= 0 || height === 0) throw new ImageUnreadable('the bitmap has no size');
  if (width * height > MOST_PIXELS)
    throw new ImageUnreadable(`the picture has more than ${MOST_PIXELS.toLocaleString('en')} pixels`);
  const masks = masksOf(file, { headerBytes, bits, compression });
  const paletteOffset = FILE_HEADER_BYTES + headerBytes;
  const entriesGiven = isOs2 ? 0 : file.readUInt32LE(46);
  const entries = bits > 8 ? 0 : Math.min(entriesGiven === 0 ? 2 ** bits : entriesGiven, 2 ** bits);
  return {
    width,
    height,
    bits,
    offset: file.readUInt32LE(10),
    isBottomUp: signedHeight > 0,
    palette: { offset: paletteOffset, entryBytes: isOs2 ? 3 : 4, entries },
    masks,
  };
}

interface Coding {
  readonly headerBytes: number;
  readonly bits: number;
  readonly compression: number;
}

function masksOf(file: Buffer, { headerBytes, bits, compression }: Coding): Mask[] {
  const refused = new ImageUnreadable(
    `bitmaps of ${bits} bits with compression ${compression} are not supported: convert it to PNG`,
  );
  if (compression === UNCOMPRESSED) {
    if ([1, 4, 8].includes(bits)) return [];
    const masks = DEFAULT_MASKS.get(bits);
    if (!masks) throw refused;
    return masks.map(maskOf);
  }
  // In the second OS/2 header these numbers stand for other compressions.
  const isMasked = headerBytes !== 64 && (compression === BITFIELDS || compression === ALPHA_BITFIELDS);
  if (!isMasked || ![16, 32].includes(bits)) throw refused;
  const hasAlpha = compression === ALPHA_BITFIELDS || headerBytes >= 56;
  const count = hasAlpha ? 4 : 3;
  if (file.length < MASKS_OFFSET + 4 * count) throw new ImageUnreadable('the file is cut short');
  const values = Array.from({ length: count }, (_, index) => file.readUInt32LE(MASKS_OFFSET + 4 * index));
  if (values.slice(0, 3).includes(0)) throw refused;
  return values.filter((value) => value !== 0).map(maskOf);
}

function maskOf(bits: number): Mask {
  const shift = 31 - Math.clz32(bits & -bits);
  return { bits, shift, most: bits >>> shift };
}

/** Throws `ImageUnreadable`. */
export function decodeBitmap(file: Buffer): Bitmap {
  const layout = layoutOf(file);
  const { width, height, bits, offset, isBottomUp, masks } = layout;
  const stride = Math.ceil((width * bits) / 32) * 4;
  if (file.length < offset + stride * height) throw new ImageUnreadable('the file is cut short');
  const channels = masks.length === 4 ? 4 : 3;
  const pixels = new Uint8Array(channels * width * height);
  const copyRow = bits <= 8 ? paletteRow(file, layout) : maskedRow(file, layout);
  for (let y = 0; y < height; y++) {
    copyRow(offset + stride * (isBottomUp ? height - 1 - y : y), pixels, channels * y * width);
  }
  return channels === 4 && isTransparentThroughout(pixels)
    ? { pixels: withoutAlpha(pixels), width, height, channels: 3 }
    : { pixels, width, height, channels };
}

type CopyRow = (from: number, pixels: Uint8Array, to: number) => void;

function paletteRow(file: Buffer, { width, bits, palette }: Layout): CopyRow {
  const colours = Array.from({ length: palette.entries }, (_, index) => {
    const at = palette.offset + palette.entryBytes * index;
    if (at + 3 > file.length) throw new ImageUnreadable('the file is cut short');
    return [file.readUInt8(at + 2), file.readUInt8(at + 1), file.readUInt8(at)];
  });
  const perByte = 8 / bits;
  return (from, pixels, to) => {
    for (let x = 0; x < width; x++) {
      const byte = file.readUInt8(from + Math.floor(x / perByte));
      const index = (byte >> (8 - bits * (1 + (x % perByte)))) & (2 ** bits - 1);
      const colour = colours[index];
      if (!colour) throw new ImageUnreadable('the bitmap is damaged: a colour is not in its palette');
      pixels.set(colour, to + 3 * x);
    }
  };
}

function maskedRow(file: Buffer, { width, bits, masks }: Layout): CopyRow {
  const step = bits / 8;
  return (from, pixels, to) => {
    for (let x = 0; x < width; x++) {
      const pixel = file.readUIntLE(from + step * x, step);
      for (const [channel, { bits: mask, shift, most }] of masks.entries()) {
        pixels[to + masks.length * x + channel] = Math.round((255 * ((pixel & mask) >>> shift)) / most);
      }
    }
  };
}

/** Programs that declare an alpha mask but leave its bytes 0 mean an opaque picture. */
function isTransparentThroughout(pixels: Uint8Array): boolean {
  for (let alpha = 3; alpha < pixels.length; alpha += 4) if (pixels[alpha] !== 0) return false;
  return true;
}

function withoutAlpha(pixels: Uint8Array): Uint8Array {
  return pixels.filter((_, index) => index % 4 !== 3);
}
