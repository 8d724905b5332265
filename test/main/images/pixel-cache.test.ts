import { mkdtempSync, readdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { Interrupted } from '../../../main/failure.ts';
import { fileAt } from '../../../main/images/image-locator.ts';
import { areNearDuplicates, NearDuplicateIndex } from '../../../main/images/near-duplicates.ts';
import { Patience } from '../../../main/images/patience.ts';
import { buildPixelCache, openPixelCache } from '../../../main/images/pixel-cache.ts';
import { drawn, writeJpeg } from '../image-files.ts';

const SIZE_PX = 16;

async function newCollection(count: number) {
  const root = mkdtempSync(join(tmpdir(), 'understudy-cache-'));
  const images = [];
  for (let id = 0; id < count; id++) {
    const path = join(root, 'images', `${id}.jpg`);
    await writeJpeg(path, { seed: id + 1 });
    images.push(imageAt(id * 3, path));
  }
  return { directory: join(root, 'cache'), images };
}

function imageAt(id: number, path: string) {
  const { size: bytes, mtimeMs: modifiedMs } = statSync(path);
  return { id, path, locator: { ...fileAt(path), version: { bytes, modifiedMs } }, bytes, modifiedMs, revision: 1 };
}

describe('the pixel cache', () => {
  it('holds every readable image and names the others', async () => {
    const { directory, images } = await newCollection(6);
    const { id, path } = at(images, 2);
    writeFileSync(path, 'broken');
    const broken = imageAt(id, path);
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
    const list = join(directory, '000000.json');
    const { decoder, revisions, ...kept } = JSON.parse(readFileSync(list, 'utf8'));
    expect({ decoder, revisions }).toEqual({ decoder: 2, revisions: [1, 1] });
    const { id, bytes, modifiedMs } = unreadable;
    writeFileSync(list, JSON.stringify({ ...kept, problems: [{ id, reason: 'Unknown error', bytes, modifiedMs }] }));

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
    await buildPixelCache({ directory, sizePx: SIZE_PX, images: [imageAt(changed.id, changed.path), ...rest] });
    const cache = openPixelCache(directory, SIZE_PX);
    expect(areNearDuplicates(cache.fingerprint(changed.id), old)).toBe(false);
    expect(rest.every(({ id }) => cache.has(id))).toBe(true);
  });

  it('stopped in the middle goes on without leftovers', async () => {
    const { directory, images } = await newCollection(30);
    const stop = new AbortController();
    const onProgress = (done: number) => done === 5 && stop.abort();
    const building = buildPixelCache({ directory, sizePx: SIZE_PX, images, signal: stop.signal, onProgress });
    await expect(building).rejects.toThrow(Interrupted);
    writeFileSync(join(directory, '000000.rgb.tmp'), 'what a killed process leaves');
    await buildPixelCache({ directory, sizePx: SIZE_PX, images });
    expect(readdirSync(directory).sort()).toEqual(['000000.json', '000000.rgb']);
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
    images[3] = imageAt(replaced.id, replaced.path);
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
    const list = join(directory, '000000.json');
    const said = ["ENOENT: no such file or directory, open '/away/1.jpg'", 'EIO: i/o error, read'];
    const problems = images
      .slice(1)
      .map(({ id, bytes, modifiedMs }, index) => ({ id, reason: said[index], bytes, modifiedMs }));
    writeFileSync(list, JSON.stringify({ ...JSON.parse(readFileSync(list, 'utf8')), problems }));
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
    const images = names.map((name, id) => imageAt(id, join(root, name)));
    const directory = join(root, 'cache');
    await buildPixelCache({ directory, sizePx: 32, images });
    const cache = openPixelCache(directory, 32);
    const index = new NearDuplicateIndex();
    for (const { id } of images) index.add(id, cache.fingerprint(id));
    expect(index.find(cache.fingerprint(0)).sort()).toEqual([0, 1, 2, 3]);
    for (let id = 4; id < 60; id++) expect(index.find(cache.fingerprint(id))).toEqual([id]);
  });
});
