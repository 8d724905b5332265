/** Copies among many images, which are compared on a thread. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildPixelCache } from '../../../main/images/build-pixel-cache.ts';
import { repeatsAmong } from '../../../main/images/repeats.ts';
import { findDuplicateGroups } from '../../../main/pipeline/duplicate-groups.ts';
import { COMPARED_HERE, findRepeats } from '../../../main/pipeline/repeats.ts';
import { cacheImageAt, writeJpeg } from '../image-files.ts';

const SIZE_PX = 16;
/** By id; copies share a seed. */
const SEEDS = [1, 2, 3, 1, 4, 2, 5, 3, 3, 6];

let root: string;
let cacheDirectory: string;
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-repeats-'));
  cacheDirectory = join(root, 'cache');
  for (const [id, seed] of SEEDS.entries()) {
    await writeJpeg(join(root, `${id}.jpg`), { widthPx: 32, heightPx: 32, seed, quality: 90 - (id % 3) });
  }
  const images = SEEDS.map((_, id) => cacheImageAt(id, join(root, `${id}.jpg`)));
  await buildPixelCache({ directory: cacheDirectory, sizePx: SIZE_PX, images });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The images, and many that were never decoded. */
const many = (first: number) => Int32Array.from({ length: COMPARED_HERE + 1 }, (_, place) => first + place);
const guards = { leakGuard: true, nearDuplicateGuard: true };

it('leaves out the same images on a thread as here', async () => {
  const heldOut = Int32Array.of(0, 1);
  const cache = { cacheDirectory, cacheSizePx: SIZE_PX };
  const { excluded, leaks, nearDuplicates } = await findRepeats({ candidates: many(2), heldOut, cache }, guards);
  const here = repeatsAmong({ candidates: Int32Array.from([2, 3, 4, 5, 6, 7, 8, 9]), heldOut, cache }, guards);
  expect([...excluded]).toEqual([3, 5, 7, 8]);
  expect(here.excluded).toEqual(excluded);
  expect([...here.leaks].map((id) => leaks.has(id))).toEqual([true, true]);
  expect([leaks.size, nearDuplicates]).toEqual([2, 2]);
});

it('ends when it is asked to', async () => {
  const images = { candidates: many(0), heldOut: new Int32Array(), cache: { cacheDirectory, cacheSizePx: SIZE_PX } };
  await expect(findRepeats(images, guards, AbortSignal.abort())).rejects.toThrow('Stopped as asked');
});

it('groups the copies of a large collection, and says how far it is', async () => {
  const pixels = { directory: cacheDirectory, sizePx: SIZE_PX, changedMs: 0 };
  const shares: number[] = [];
  expect(await findDuplicateGroups(many(0), pixels, (share) => shares.push(share))).toEqual([
    [2, 7, 8],
    [0, 3],
    [1, 5],
  ]);
  expect(shares.length).toBeGreaterThan(10);
  expect(shares).toEqual(shares.toSorted((a, b) => a - b));
  expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
});
