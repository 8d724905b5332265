import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { at } from '../../../main/at.ts';
import { decodeSquare } from '../../../main/images/decode.ts';
import { fileAt } from '../../../main/images/image-locator.ts';
import { openBytes } from '../../../main/images/open-bytes.ts';

/** Pillow's result for the drawn picture, resized and cropped as in torchvision. */
const { cases } = z
  .object({
    cases: z.array(
      z.object({
        ...{ width: z.int(), height: z.int(), sizePx: z.int() },
        ...{ filter: z.enum(['linear', 'cubic']), base64: z.string() },
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/pillow-squares.json'), 'utf8')));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'understudy-pillow-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each(cases)('a picture of $width × $height is what Pillow makes of it at $sizePx, $filter', async (known) => {
  const { width, height, sizePx, filter, base64 } = known;
  const path = join(folder, `${width}-${height}.png`);
  await sharp(drawn(width, height), { raw: { width, height, channels: 3 } })
    .png()
    .toFile(path);
  const pixels = await decodeSquare(fileAt(path), sizePx, openBytes, filter);
  const wanted = Buffer.from(base64, 'base64');
  expect(pixels.length).toBe(wanted.length);
  const difference = pixels.reduce((sum, value, index) => sum + Math.abs(value - at(wanted, index)), 0);
  expect(difference / pixels.length).toBeLessThan(0.5);
});

/** Slopes, edges and a bend. */
function drawn(width: number, height: number): Buffer {
  const pixels = Buffer.alloc(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const squares = (Math.floor(x / 5) + Math.floor(y / 4)) % 2;
      pixels.set([3 * x + 2 * y, 64 + 128 * squares, Math.floor((x * y) / 10)], 3 * (y * width + x));
    }
  }
  return pixels;
}
