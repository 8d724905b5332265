/** Lists of images that are longer than what is held in memory. */
import { readdirSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fileIn, type ImageLocator } from '../../../main/images/image-locator.ts';
import { ListedImages } from '../../../main/pipeline/listed-images.ts';

const image = (place: number): ImageLocator => ({
  ...fileIn('/somewhere', `é${'x'.repeat(place % 7)}\n"${place}.jpg`),
  version: { bytes: place, modifiedMs: place + 0.25 },
});

it.each([0, 1, 1024, 1025, 2048, 5000])('%d images are given back in any part, from a file too', async (count) => {
  const images = Array.from({ length: count }, (_, place) => image(place));
  for (const mostHeld of [0, 10, 100_000]) {
    const list = new ListedImages(mostHeld);
    for (const one of images) await list.add(one);
    expect(list.length).toBe(count);
    for (const [first, wanted] of [
      [0, count],
      [0, 3],
      [1000, 50],
      [1023, 1026],
      [count - 1, 10],
      [count, 5],
    ] as const) {
      const begin = Math.max(0, first);
      expect(await list.part(begin, wanted)).toEqual(images.slice(begin, begin + wanted));
    }
    const all: ImageLocator[] = [];
    for await (const one of list.each()) all.push(one);
    expect(all).toEqual(images);
    await list.close();
  }
});

it('leaves no file behind', async () => {
  const before = process.env.TMPDIR;
  const folder = await mkdtemp(join(tmpdir(), 'understudy-listed-'));
  process.env.TMPDIR = folder;
  try {
    const list = new ListedImages(0);
    for (let place = 0; place < 3000; place++) await list.add(image(place));
    expect(readdirSync(folder)).toEqual([]);
    expect(await list.part(2000, 2)).toEqual([image(2000), image(2001)]);
    await list.close();
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
});
