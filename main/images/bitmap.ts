/**
 * Uncompressed Windows bitmaps, which the prebuilt libvips does not read: 8, 24 and 32 bits per pixel
 * (Microsoft's BITMAPINFOHEADER documentation). Compressed ones are refused with a reason.
 */
export interface Bitmap {
  /** [height, width, 3] row-major. */
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 3;
}

export interface BitmapHeader {
  readonly width: number;
  readonly height: number;
}

const HEADER_BYTES = 54;
const BITFIELDS = 3;

export function isBitmap(file: Uint8Array): boolean {
  return file[0] === 0x42 && file[1] === 0x4d;
}

/** Throws an Error with the reason when the header is not one that can be decoded. */
export function readBitmapHeader(file: Buffer): BitmapHeader & { bits: number; offset: number; bottomUp: boolean } {
  if (file.length < HEADER_BYTES) throw new Error('the file is cut short');
  const [width, signedHeight] = [file.readInt32LE(18), file.readInt32LE(22)];
  const [bits, compression] = [file.readUInt16LE(28), file.readUInt32LE(30)];
  if (![8, 24, 32].includes(bits) || (compression !== 0 && !(compression === BITFIELDS && bits === 32))) {
    throw new Error(`bitmaps of ${bits} bits with compression ${compression} are not supported`);
  }
  if (width <= 0 || signedHeight === 0) throw new Error('the bitmap has no size');
  const offset = file.readUInt32LE(10);
  return { width, height: Math.abs(signedHeight), bits, offset, bottomUp: signedHeight > 0 };
}

export function decodeBitmap(file: Buffer): Bitmap {
  const { width, height, bits, offset, bottomUp } = readBitmapHeader(file);
  const step = bits / 8;
  const stride = Math.ceil((width * step) / 4) * 4;
  if (file.length < offset + stride * height) throw new Error('the file is cut short');
  const palette = 14 + file.readUInt32LE(14);
  const pixels = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    const row = offset + stride * (bottomUp ? height - 1 - y : y);
    for (let x = 0; x < width; x++) {
      const at = bits === 8 ? palette + 4 * (file[row + x] ?? 0) : row + step * x;
      const to = 3 * (y * width + x);
      pixels[to] = file[at + 2] ?? 0;
      pixels[to + 1] = file[at + 1] ?? 0;
      pixels[to + 2] = file[at] ?? 0;
    }
  }
  return { pixels, width, height, channels: 3 };
}
