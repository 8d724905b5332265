import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { Interrupted } from '../../../main/failure.ts';
import { buildPixelCache, type CacheImages } from '../../../main/images/build-pixel-cache.ts';
import type { CacheImage } from '../../../main/images/cache-image.ts';
import { copiesAmong } from '../../../main/images/copies.ts';
import { fileAt } from '../../../main/images/image-locator.ts';
import { areNearDuplicates } from '../../../main/images/near-fingerprints.ts';
import { Patience } from '../../../main/images/patience.ts';
import { openPixelCache } from '../../../main/images/pixel-cache.ts';
import { verifyPixels } from '../../../main/images/verify-pixels.ts';
import { StoredDataDamaged } from '../../../main/stored-data.ts';
import { cut, empty, flip, remove, swapWith } from '../damages.ts';
import { cacheImageAt, drawn, writeJpeg } from '../image-files.ts';

const SIZE_PX = 16;

async function newCollection(count: number) {
  const root = mkdtempSync(join(tmpdir(), 'understudy-cache-'));
  const images = [];
  for (let id = 0; id < count; id++) {
    const path = join(root, 'images', `${id}.jpg`);
    await writeJpeg(path, { seed: id + 1 });
    images.push(cacheImageAt(id * 3, path));
  }
  return { directory: join(root, 'cache'), images };
}

/** As a version without checksums would have left it, changed by `change`. */
function asEarlier(directory: string, change: (list: Record<string, unknown>) => Record<string, unknown>): void {
  const path = join(directory, '000000.list');
  const { checksum: _, checksums: __, ...list } = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(join(directory, '000000.json'), JSON.stringify(change(list)));
  rmSync(path);
}

function pixelsOf(directory: string, id: number): Uint8Array {
  const cache = openPixelCache(directory, SIZE_PX);
  try {
    const pixels = new Uint8Array(3 * SIZE_PX ** 2);
    cache.read(id, pixels, 0);
    return pixels;
  } finally {
    cache.close();
  }
}

describe('the pixel cache', () => {
  it('holds every readable image and names the others', async () => {
    const { directory, images } = await newCollection(6);
    const { id, path } = at(images, 2);
    writeFileSync(path, 'broken');
    const broken = cacheImageAt(id, path);
    images[2] = broken;
    await buildPixelCache({ directory, sizePx: SIZE_PX, images });
    const cache = openPixelCache(directory, SIZE_PX);
    const pixels = new Uint8Array(3 * SIZE_PX ** 2);
    expect(images.map(({ id }) => cache.has(id))).toEqual([true, true, false, true, true, true]);
    for (const image of images.filter((one) => one !== broken)) {
      cache.read(image.id, pixels, 0);
      expect(pixels.some((value) => value > 0)).toBe(true);
    }
    const reason = 'a text file, not a picture';
    const { bytes, modifiedMs } = broken;
    expect(cache.problems()).toEqual([{ id: broken.id, reason, bytes, modifiedMs }]);
    cache.close();
  });

  it('decodes again what an earlier decoder made other pixels of, or refused', async () => {
    const { directory, images } = await newCollection(3);
    const other = join(dirname(directory), 'other.jpg');
    await writeJpeg(other, { seed: 99 });
    const [changed, same, refused] = [at(images, 0), at(images, 1), at(images, 2)];
    const earlier = (image: typeof changed) => ({
      ...image,
      locator: { ...image.locator, relativePath: '../other.jpg', version: undefined },
    });
    const unreadable = { ...refused, locator: fileAt('/dev/null/nowhere') };
    await buildPixelCache({ directory, sizePx: SIZE_PX, images: [earlier(changed), earlier(same)] });
    const { id, bytes, modifiedMs } = unreadable;
    asEarlier(directory, ({ decoder, revisions, ...kept }) => {
      expect({ decoder, revisions }).toEqual({ decoder: 2, revisions: [1, 1] });
      return { ...kept, problems: [{ id, reason: 'Unknown error', bytes, modifiedMs }] };
    });

    await buildPixelCache({ directory, sizePx: SIZE_PX, images: [{ ...changed, revision: 2 }, same, refused] });
    const fresh = join(dirname(directory), 'fresh');
    await buildPixelCache({ directory: fresh, sizePx: SIZE_PX, images });
    const pixelsIn = (cacheDirectory: string, imageId: number) => {
      const cache = openPixelCache(cacheDirectory, SIZE_PX);
      const pixels = new Uint8Array(3 * SIZE_PX ** 2);
      cache.read(imageId, pixels, 0);
      expect(cache.problems()).toEqual([]);
      cache.close();
      return pixels;
    };
    expect(pixelsIn(directory, changed.id)).toEqual(pixelsIn(fresh, changed.id));
    expect(pixelsIn(directory, same.id)).not.toEqual(pixelsIn(fresh, same.id));
    expect(pixelsIn(directory, refused.id)).toEqual(pixelsIn(fresh, refused.id));
  });

  it('decodes again only what has changed', async () => {
    const { directory, images } = await newCollection(4);
    await buildPixelCache({ directory, sizePx: SIZE_PX, images });
    const before = statSync(join(directory, '000000.rgb')).mtimeMs;
    await buildPixelCache({ directory, sizePx: SIZE_PX, images });
    expect(statSync(join(directory, '000000.rgb')).mtimeMs).toBe(before);

    const [changed, ...rest] = images;
    if (!changed) throw new Error('no image');
    await writeJpeg(changed.path, { seed: 99 });
    utimesSync(changed.path, 1, 1);
    const old = openPixelCache(directory, SIZE_PX).fingerprint(changed.id);
    await buildPixelCache({ directory, sizePx: SIZE_PX, images: [cacheImageAt(changed.id, changed.path), ...rest] });
    const cache = openPixelCache(directory, SIZE_PX);
    expect(areNearDuplicates(cache.fingerprint(changed.id), old)).toBe(false);
    expect(rest.every(({ id }) => cache.has(id))).toBe(true);
  });

  it('asks once for each image, and again only for the images of what is written, file by file', async () => {
    const { directory, images: first } = await newCollection(4);
    const images = [...first, ...first.map((image) => ({ ...image, id: image.id + 4096 }))];
    const asked: (number[] | 'all')[] = [];
    const source = (now: readonly CacheImage[]): CacheImages => ({
      async *all() {
        asked.push('all');
        yield* now;
      },
      async *of(ids) {
        asked.push([...ids]);
        yield* now.filter(({ id }) => ids.includes(id));
      },
    });
    const [own, other] = [first.map(({ id }) => id), first.map(({ id }) => id + 4096)];
    await buildPixelCache({ directory, sizePx: SIZE_PX, images: source(images) });
    expect(asked.splice(0)).toEqual(['all', own, other]);
    expect(openPixelCache(directory, SIZE_PX).currentOf(images).size).toBe(images.length);
    await buildPixelCache({ directory, sizePx: SIZE_PX, images: source(images) });
    expect(asked.splice(0)).toEqual(['all']);
    await buildPixelCache({ directory, sizePx: SIZE_PX, images: source(images.slice(0, -1)) });
    expect(asked.splice(0)).toEqual(['all']);
    const changed = images.map((image) => (image.id === 4096 ? { ...image, revision: image.revision + 1 } : image));
    await buildPixelCache({ directory, sizePx: SIZE_PX, images: source(changed) });
    expect(asked).toEqual(['all', other]);
    const wrong = buildPixelCache({ directory, sizePx: SIZE_PX, images: source(images.toReversed()) });
    await expect(wrong).rejects.toThrow('is not in order');
  });

  it('stopped in the middle goes on without leftovers', async () => {
    const { directory, images } = await newCollection(30);
    const stop = new AbortController();
    const onProgress = (done: number) => done === 5 && stop.abort();
    const building = buildPixelCache({ directory, sizePx: SIZE_PX, images, signal: stop.signal, onProgress });
    await expect(building).rejects.toThrow(Interrupted);
    writeFileSync(join(directory, '000000.rgb.tmp'), 'what a killed process leaves');
    await buildPixelCache({ directory, sizePx: SIZE_PX, images });
    expect(readdirSync(directory).sort()).toEqual(['000000.list', '000000.rgb']);
    const cache = openPixelCache(directory, SIZE_PX);
    expect(images.every(({ id }) => cache.has(id))).toBe(true);
  });

  it('gives back what could not be read, keeps nothing of it, and decodes it once it is there', async () => {
    const { directory, images } = await newCollection(5);
    const [gone, replaced] = [at(images, 1), at(images, 3)];
    renameSync(gone.path, `${gone.path}.away`);
    utimesSync(replaced.path, 1, 1);
    expect(await buildPixelCache({ directory, sizePx: SIZE_PX, images })).toEqual([
      { id: gone.id, obstacle: 'gone', reason: 'the file is gone' },
      { id: replaced.id, obstacle: 'replaced', reason: 'the file has changed since it was added' },
    ]);
    const cache = openPixelCache(directory, SIZE_PX);
    expect(cache.problems()).toEqual([]);
    expect(images.map(({ id }) => cache.has(id))).toEqual([true, false, true, false, true]);
    renameSync(`${gone.path}.away`, gone.path);
    images[3] = cacheImageAt(replaced.id, replaced.path);
    expect(await buildPixelCache({ directory, sizePx: SIZE_PX, images })).toEqual([]);
    const healed = openPixelCache(directory, SIZE_PX);
    expect(images.every(({ id }) => healed.has(id))).toBe(true);
  });

  it('ends when the folder goes, keeps what was decoded until then and before, and goes on from there', async () => {
    const { directory, images } = await newCollection(40);
    const first = images.slice(30);
    await buildPixelCache({ directory, sizePx: SIZE_PX, images: first });
    const folder = dirname(at(images, 0).path);
    const onProgress = (done: number) => done === 20 && renameSync(folder, `${folder}-away`);
    const patience = new Patience({ sleep: async () => {} });
    const building = buildPixelCache({ directory, sizePx: SIZE_PX, images, patience, onProgress });
    await expect(building).rejects.toThrow(`The folder ${folder} is not there: connect it again`);
    const kept = openPixelCache(directory, SIZE_PX);
    expect(kept.problems()).toEqual([]);
    const there = images.map(({ id }) => kept.has(id));
    expect([...there.slice(0, 20), ...there.slice(30)].every(Boolean)).toBe(true);
    expect(there.every(Boolean)).toBe(false);

    renameSync(`${folder}-away`, folder);
    await buildPixelCache({ directory, sizePx: SIZE_PX, images });
    const whole = openPixelCache(directory, SIZE_PX);
    expect(images.every(({ id }) => whole.has(id))).toBe(true);
  });

  it('decodes again what an earlier version wrote down as broken because it was away', async () => {
    const { directory, images } = await newCollection(3);
    await buildPixelCache({ directory, sizePx: SIZE_PX, images: images.slice(0, 1) });
    const said = ["ENOENT: no such file or directory, open '/away/1.jpg'", 'EIO: i/o error, read'];
    const problems = images
      .slice(1)
      .map(({ id, bytes, modifiedMs }, index) => ({ id, reason: said[index], bytes, modifiedMs }));
    asEarlier(directory, (list) => ({ ...list, problems }));
    expect(openPixelCache(directory, SIZE_PX).problems()).toEqual([]);
    expect(await buildPixelCache({ directory, sizePx: SIZE_PX, images })).toEqual([]);
    const cache = openPixelCache(directory, SIZE_PX);
    expect(images.every(({ id }) => cache.has(id))).toBe(true);
  });

  it('knows copies of one picture from different pictures', async () => {
    const root = mkdtempSync(join(tmpdir(), 'understudy-copies-'));
    const original = drawn({ widthPx: 64, heightPx: 64, seed: 5 });
    writeFileSync(join(root, '0.png'), await original.clone().png().toBuffer());
    writeFileSync(join(root, '1.jpg'), await original.clone().jpeg({ quality: 60 }).toBuffer());
    writeFileSync(join(root, '2.png'), await original.clone().modulate({ brightness: 1.02 }).png().toBuffer());
    writeFileSync(join(root, '3.png'), await original.clone().resize(57).png().toBuffer());
    for (let id = 4; id < 60; id++)
      await writeJpeg(join(root, `${id}.jpg`), { widthPx: 64, heightPx: 64, seed: 100 + id });
    const names = readdirSync(root).sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
    const images = names.map((name, id) => cacheImageAt(id, join(root, name)));
    const directory = join(root, 'cache');
    await buildPixelCache({ directory, sizePx: 32, images });
    const imageIds = Int32Array.from(images, ({ id }) => id);
    expect(copiesAmong({ imageIds, cacheDirectory: directory, cacheSizePx: 32 })).toEqual([[0, 1, 2, 3]]);
  });
});

describe('damage to the pixel cache', () => {
  const RECORDS = '000000.rgb';
  const LIST = '000000.list';
  const otherShard = (path: string) => swapWith(path.replace('000000', '000001'))(path);

  /** Two shards and their contents. */
  async function twoShards() {
    const { directory, images: first } = await newCollection(8);
    // Other pictures in the same places.
    const second = first.map((image, index) => ({ ...at(first, first.length - 1 - index), id: image.id + 4096 }));
    const images = [...first, ...second];
    await buildPixelCache({ directory, sizePx: SIZE_PX, images });
    return { directory, images, before: images.map(({ id }) => pixelsOf(directory, id)) };
  }

  it.each([
    ['a flipped byte', (path: string) => flip(path, 0.4), 'the checksum of image 9 does not match'],
    ['a cut', (path: string) => cut(path, 0.4), 'it is cut short at image 9'],
    ['emptiness', empty, 'it is cut short at image 9'],
    ['another shard’s records', otherShard, 'the checksum of image 9 does not match'],
    ['loss', remove, 'it is missing'],
  ])('is never read after %s, and what is damaged is decoded again', async (_, damage, words) => {
    const { directory, images, before } = await twoShards();
    const path = join(directory, RECORDS);
    damage(path);
    expect(() => pixelsOf(directory, 9)).toThrow(StoredDataDamaged);
    expect(() => pixelsOf(directory, 9)).toThrow(words);
    const notes: string[] = [];
    const onNote = (note: string) => notes.push(note);
    await buildPixelCache({ directory, sizePx: SIZE_PX, images, onNote, suspects: new Set([path]) });
    expect(images.map(({ id }) => pixelsOf(directory, id))).toEqual(before);
    expect(notes).toHaveLength(1);
    expect(notes.join()).toMatch(/damaged .*decoded again/);
  });

  it('keeps what is sound beside what is damaged, also when the files have gone', async () => {
    const { directory, images, before } = await twoShards();
    const path = join(directory, RECORDS);
    flip(path, 0.4);
    const [damaged, ...others] = [at(images, 3), ...images.filter((_, index) => index !== 3)];
    for (const { path: file } of others.slice(0, 7)) renameSync(file, `${file}.gone`);
    const lost = await buildPixelCache({ directory, sizePx: SIZE_PX, images, suspects: new Set([path]) });
    expect(lost).toEqual([]);
    expect(images.map(({ id }) => pixelsOf(directory, id))).toEqual(before);
    expect(damaged.id).toBe(9);
  });

  it.each([
    ['a flipped byte', (path: string) => flip(path, 0.5)],
    ['a cut', cut],
    ['emptiness', empty],
    ['another shard’s list', otherShard],
  ])('to its list is noticed after %s: its images are decoded again', async (_, damage) => {
    const { directory, images, before } = await twoShards();
    damage(join(directory, LIST));
    expect(() => pixelsOf(directory, 9)).toThrow(StoredDataDamaged);
    const notes: string[] = [];
    const onNote = (note: string) => notes.push(note);
    await buildPixelCache({ directory, sizePx: SIZE_PX, images, onNote });
    expect(images.map(({ id }) => pixelsOf(directory, id))).toEqual(before);
    expect(notes.join()).toMatch(/^The pixel cache of the images from 0 on is damaged .*decoded again/);
  });

  it('of another image size, or of both files at once, is noticed', async () => {
    const { directory, images } = await twoShards();
    const other = join(dirname(directory), 'pixels-other');
    await buildPixelCache({
      directory: other,
      sizePx: SIZE_PX,
      images: images.map((one) => ({ ...one, revision: 2 })),
    });
    copyFileSync(join(other, LIST), join(directory, LIST));
    expect(() => pixelsOf(directory, 9)).toThrow(StoredDataDamaged);
    for (const ending of ['rgb', 'list']) otherShard(join(directory, `000000.${ending}`));
    expect(() => pixelsOf(directory, 9)).toThrow(StoredDataDamaged);
  });

  it('gives a verdict on every shard', async () => {
    const { directory } = await twoShards();
    const states = async () => {
      const found: string[] = [];
      for await (const { state } of verifyPixels(directory, SIZE_PX)) found.push(state);
      return found;
    };
    expect(await states()).toEqual(['sound', 'sound']);
    flip(join(directory, RECORDS), 0.999);
    expect(await states()).toEqual(['damaged', 'sound']);
    cut(join(directory, '000001.list'));
    expect(await states()).toEqual(['damaged', 'damaged']);
  });
});

it('takes a cache over that a version without checksums wrote, and proves it from then on', async () => {
  const { directory, images } = await newCollection(8);
  await buildPixelCache({ directory, sizePx: SIZE_PX, images });
  const before = pixelsOf(directory, 9);
  asEarlier(directory, (list) => list);
  const notes: string[] = [];
  const onNote = (note: string) => notes.push(note);
  const modifiedMs = statSync(join(directory, '000000.rgb')).mtimeMs;
  await buildPixelCache({ directory, sizePx: SIZE_PX, images, onNote });
  expect(notes.join()).toMatch(/^The pixels of 8 images were decoded by a version without checksums/);
  expect(statSync(join(directory, '000000.rgb')).mtimeMs).toBe(modifiedMs);
  expect(pixelsOf(directory, 9)).toEqual(before);
  asEarlier(directory, (list) => list);
  cut(join(directory, '000000.rgb'));
  await buildPixelCache({ directory, sizePx: SIZE_PX, images, onNote });
  expect(pixelsOf(directory, 9)).toEqual(before);
  expect(notes.at(-1)).toMatch(/is damaged: it is decoded again/);
});
