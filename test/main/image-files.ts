/** Small real image files for tests. */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { fileAt } from '../../main/images/image-locator.ts';
import { CounterRandom } from '../../main/random.ts';

export interface DrawnImage {
  readonly widthPx?: number;
  readonly heightPx?: number;
  readonly seed?: number;
}

/** Blobs of colour, the same for the same seed. */
export function drawnPixels({ widthPx = 24, heightPx = 24, seed = 1 }: DrawnImage = {}): Buffer {
  const random = new CounterRandom(seed);
  const blobs = Array.from({ length: 6 }, () => ({
    x: random.uniform() * widthPx,
    y: random.uniform() * heightPx,
    size: (0.1 + 0.3 * random.uniform()) * widthPx,
    colour: [random.integer(256), random.integer(256), random.integer(256)],
  }));
  const pixels = Buffer.alloc(3 * widthPx * heightPx);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const nearest = blobs.find((blob) => Math.hypot(blob.x - x, blob.y - y) < blob.size) ?? blobs[0];
      for (let c = 0; c < 3; c++) pixels[3 * (y * widthPx + x) + c] = nearest?.colour[c] ?? 0;
    }
  }
  return pixels;
}

export function drawn(options: DrawnImage = {}): Sharp {
  const { widthPx = 24, heightPx = 24 } = options;
  return sharp(drawnPixels(options), { raw: { width: widthPx, height: heightPx, channels: 3 } });
}

export async function writeJpeg(path: string, options: DrawnImage & { readonly quality?: number } = {}): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(
    path,
    await drawn(options)
      .jpeg({ quality: options.quality ?? 90 })
      .toBuffer(),
  );
}

/** No two pixels are equal. */
export async function writeNoise(path: string, sizePx = 48): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  const random = new CounterRandom(sizePx);
  const pixels = Buffer.from(Array.from({ length: 3 * sizePx ** 2 }, () => random.integer(256)));
  writeFileSync(
    path,
    await sharp(pixels, { raw: { width: sizePx, height: sizePx, channels: 3 } })
      .png()
      .toBuffer(),
  );
}

/** The file as the pixel cache is given it. */
export function cacheImageAt(id: number, path: string) {
  const { size: bytes, mtimeMs: modifiedMs } = statSync(path);
  return { id, path, locator: { ...fileAt(path), version: { bytes, modifiedMs } }, bytes, modifiedMs, revision: 1 };
}
