import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { at } from '../../../main/at.ts';
import { CPU } from '../../../main/engines/device.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { Interrupted } from '../../../main/failure.ts';
import { CounterRandom } from '../../../main/random.ts';
import { FeatureStore } from '../../../main/training/feature-store.ts';
import { nearCopies } from '../../../main/training/near-copies.ts';

const [DIMENSION, IMAGES, COPIES] = [48, 3000, 60];
const LEAST = 0.85;
const target = { device: CPU, threads: 1 };
const going = { shouldStop: () => false };
/** Far from zero, like a real network's output, so that all pictures are similar unless the mean is subtracted. */
const OFFSET = 20;

let storeDirectory: string;
let rows: number[][];
beforeAll(async () => {
  storeDirectory = mkdtempSync(join(tmpdir(), 'understudy-near-'));
  const random = new CounterRandom(3, 1);
  const drawn = () => Array.from({ length: DIMENSION }, () => random.normal());
  rows = Array.from({ length: IMAGES }, drawn);
  // Each of the last ones is a slightly different copy of another: a cosine of about 0.95.
  for (let copy = 0; copy < COPIES; copy++) {
    rows[IMAGES - 1 - copy] = at(rows, 7 * copy).map((value) => value + 0.3 * random.normal());
  }
  rows = rows.map((row) => row.map((value) => Math.fround(value + OFFSET)));
  const store = new FeatureStore(storeDirectory, DIMENSION);
  for (let first = 0; first < IMAGES; first += 1024) {
    const own = rows.slice(first, first + 1024);
    const ids = own.map((_, row) => first + row);
    await store.write(first / 1024, { ids, versions: ids.map(String), features: Float32Array.from(own.flat()) });
  }
});
afterAll(() => rmSync(storeDirectory, { recursive: true }));

const all = Int32Array.from({ length: IMAGES }, (_, image) => image);
const groupsOf = (imageIds: Int32Array, leastCosine = LEAST) =>
  nearCopies(
    { target, source: { storeDirectory, dimension: DIMENSION, imageIds }, leastCosine },
    onnxRuntimeEngine,
    going,
  );

function centredCosine(one: number, other: number): number {
  const [a, b] = [one, other].map((image) => at(rows, image).map((value) => value - OFFSET)) as [number[], number[]];
  const product = (x: number[], y: number[]) => x.reduce((sum, value, place) => sum + value * at(y, place), 0);
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

test('finds every copy and nothing else, without comparing all with all', async () => {
  const planted = Array.from({ length: COPIES }, (_, copy) => [7 * copy, IMAGES - 1 - copy]);
  for (const [one = 0, other = 0] of planted) expect(centredCosine(one, other)).toBeGreaterThan(LEAST + 0.02);
  expect(await groupsOf(all)).toEqual(planted);
});

test('copies of a copy are in one group, which is bounded work however many there are', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'understudy-near-'));
  const store = new FeatureStore(folder, DIMENSION);
  const ids = Array.from({ length: 1000 }, (_, row) => row);
  const features = Float32Array.from(ids.flatMap((id) => at(rows, id < 900 ? 0 : id)));
  await store.write(0, { ids, versions: ids.map(String), features });
  const source = { storeDirectory: folder, dimension: DIMENSION, imageIds: Int32Array.from(ids) };
  const groups = await nearCopies({ target, source, leastCosine: LEAST }, onnxRuntimeEngine, going);
  expect(groups).toEqual([ids.slice(0, 900)]);
  rmSync(folder, { recursive: true });
});

test('of images that are left out nothing is found, nor above what any pair comes to', async () => {
  const some = all.subarray(0, IMAGES - COPIES);
  expect(await groupsOf(some)).toEqual([]);
  expect(await groupsOf(all, 0.9999)).toEqual([]);
});

test('it stops when it is asked to', async () => {
  const source = { storeDirectory, dimension: DIMENSION, imageIds: all };
  const stopped = nearCopies({ target, source, leastCosine: LEAST }, onnxRuntimeEngine, { shouldStop: () => true });
  await expect(stopped).rejects.toThrow(Interrupted);
});
