import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeSquare, thumbnailJpeg } from '../../../main/images/decode.ts';
import { ImageUnreadable } from '../../../main/images/image-failures.ts';
import { fileAt } from '../../../main/images/image-locator.ts';
import { drawn, drawnPixels } from '../image-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'understudy-decode-'));
const solid = (r: number, g: number, b: number) =>
  sharp({ create: { width: 8, height: 8, channels: 3, background: { r, g, b } } });
const firstPixel = (pixels: Uint8Array) => [...pixels.subarray(0, 3)];

async function decoded(name: string, data: Buffer, sizePx = 8): Promise<Uint8Array> {
  const path = join(folder, name);
  writeFileSync(path, data);
  return await decodeSquare(fileAt(path), sizePx);
}

describe('decoding', () => {
  it('leaves the pixels of an image of the asked size as they are', async () => {
    const pixels = await decoded('same.png', await drawn().png().toBuffer(), 24);
    expect(Buffer.from(pixels)).toEqual(drawnPixels());
  });

  it.each(['jpeg', 'png', 'webp', 'tiff', 'gif'] as const)('reads %s', async (format) => {
    const pixels = await decoded(`red.${format}`, await solid(250, 4, 4).toFormat(format).toBuffer());
    expect(pixels.length).toBe(3 * 8 * 8);
    const [r = 0, g = 255, b = 255] = firstPixel(pixels);
    expect(r).toBeGreaterThan(235);
    expect(g).toBeLessThan(20);
    expect(b).toBeLessThan(20);
  });

  it('reads 16-bit, grey, transparent and CMYK images as RGB', async () => {
    const grey = await decoded('grey.png', await solid(90, 90, 90).greyscale().png().toBuffer());
    expect(firstPixel(grey)).toEqual([90, 90, 90]);
    const deep = await decoded('deep.png', await solid(200, 100, 50).toColourspace('rgb16').png().toBuffer());
    expect(firstPixel(deep)).toEqual([200, 100, 50]);
    const clear = {
      create: { width: 8, height: 8, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0 } },
    } as const;
    expect(firstPixel(await decoded('clear.png', await sharp(clear).png().toBuffer()))).toEqual([128, 128, 128]);
    const cmyk = await decoded('cmyk.jpg', await solid(10, 200, 10).toColourspace('cmyk').jpeg().toBuffer());
    const [r = 255, g = 0] = firstPixel(cmyk);
    expect(g).toBeGreaterThan(r);
  });

  it('turns an image as its EXIF orientation says', async () => {
    const left = Buffer.concat(
      Array.from({ length: 8 }, () =>
        Buffer.from([...Array(4).fill([255, 0, 0]), ...Array(4).fill([0, 0, 255])].flat()),
      ),
    );
    const image = sharp(left, { raw: { width: 8, height: 8, channels: 3 } });
    const upright = await decoded('turned.png', await image.withMetadata({ orientation: 6 }).png().toBuffer());
    expect(firstPixel(upright)).toEqual([255, 0, 0]);
    expect([...upright.subarray(3 * 8 * 7, 3 * 8 * 7 + 3)]).toEqual([0, 0, 255]);
  });

  it('reads uncompressed bitmaps', async () => {
    const bitmap = Buffer.alloc(54 + 4 * 2 * 2);
    bitmap.write('BM');
    bitmap.writeUInt32LE(54, 10);
    bitmap.writeUInt32LE(40, 14);
    bitmap.writeInt32LE(2, 18);
    bitmap.writeInt32LE(2, 22);
    bitmap.writeUInt16LE(32, 28);
    bitmap.set([1, 2, 3, 0, 4, 5, 6, 0, 7, 8, 9, 0, 10, 11, 12, 0], 54);
    expect([...(await decoded('two.bmp', bitmap, 2))]).toEqual([9, 8, 7, 12, 11, 10, 3, 2, 1, 6, 5, 4]);
  });

  it.each([
    ['empty.jpg', Buffer.alloc(0), /empty/],
    ['text.jpg', Buffer.from('not an image at all'), /a text file, not a picture/],
  ])('refuses %s with its reason', async (name, data, reason) => {
    await expect(decoded(name, data)).rejects.toThrow(ImageUnreadable);
    await expect(decoded(name, data)).rejects.toThrow(reason);
  });

  it('refuses a file that is cut short', async () => {
    const whole = await drawn({ widthPx: 200, heightPx: 200 }).jpeg().toBuffer();
    await expect(decoded('cut.jpg', whole.subarray(0, whole.length >> 1))).rejects.toThrow(ImageUnreadable);
  });

  it('makes thumbnails of the image’s own proportions', async () => {
    const path = join(folder, 'wide.png');
    writeFileSync(path, await drawn({ widthPx: 80, heightPx: 40 }).png().toBuffer());
    const { width, height, format } = await sharp(await thumbnailJpeg(fileAt(path), 20)).metadata();
    expect({ width, height, format }).toEqual({ width: 20, height: 10, format: 'jpeg' });
  });
});
