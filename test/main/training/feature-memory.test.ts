import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { at } from '../../../main/at.ts';
import { CPU } from '../../../main/engines/device.ts';
import { onnxRuntimeEngine } from '../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { CounterRandom } from '../../../main/random.ts';
import { StoredDataDamaged } from '../../../main/stored-data.ts';
import { askHead, type StoredFeatures, trainHead } from '../../../main/training/feature-classifier.ts';
import { FeatureMemory } from '../../../main/training/feature-memory.ts';
import { FeatureStore } from '../../../main/training/feature-store.ts';

const [DIMENSION, CLASSES] = [8, 2];
/** The size of a shard's vectors. */
const SHARD_BYTES = 2 * DIMENSION * FeatureStore.SHARD_IMAGES;
const options = { mostBytes: 10 * SHARD_BYTES, keptMs: 600_000 };
/** In three shards, of which the middle one is complete. */
const imageIds = Int32Array.from({ length: 1100 }, (_, place) => 1000 + place);
const asked = imageIds.filter((id) => id % 3 !== 0);

let directory: string;
let store: FeatureStore;
beforeEach(async () => {
  directory = join(mkdtempSync(join(tmpdir(), 'understudy-memory-')), 'features');
  store = new FeatureStore(directory, DIMENSION);
  for (const shard of [0, 1, 2]) await write(shard, 1);
});

afterEach(() => rmSync(dirname(directory), { recursive: true }));

async function write(shard: number, seed: number): Promise<void> {
  const random = new CounterRandom(seed, shard);
  const ids = [...imageIds].filter((id) => Math.floor(id / FeatureStore.SHARD_IMAGES) === shard);
  const features = Float32Array.from(
    ids.flatMap((id) => Array.from({ length: DIMENSION }, () => (id % 2) + random.normal())),
  );
  await store.write(shard, { ids, versions: ids.map((id) => `${seed} ${id}`), features });
}

const damage = (shard: number) => {
  const path = join(directory, `00000${shard}.f16`);
  const bytes = readFileSync(path);
  bytes[0] = at([...bytes], 0) ^ 1;
  writeFileSync(path, bytes);
};

test('shards in memory equal those on the disk bit for bit, all of them or some', async () => {
  const cold = await store.gather(asked);
  for (const mostBytes of [0, SHARD_BYTES, 2 * SHARD_BYTES, 10 * SHARD_BYTES]) {
    const memory = new FeatureMemory({ ...options, mostBytes });
    const shards = await memory.shardsOf(directory, DIMENSION, asked);
    expect(shards).toHaveLength(Math.min(3, mostBytes / SHARD_BYTES));
    expect(memory.bytes).toBeLessThanOrEqual(mostBytes);
    expect(await new FeatureStore(directory, DIMENSION, shards).gather(asked)).toEqual(cold);
  }
});

test('a shard is read once, and again when other files are in its place', async () => {
  const memory = new FeatureMemory(options);
  const [first] = await memory.shardsOf(directory, DIMENSION, asked);
  expect((await memory.shardsOf(directory, DIMENSION, asked))[0]).toBe(first);
  await write(0, 2);
  expect(await memory.shardsOf(directory, DIMENSION, asked, 'known')).toHaveLength(2);
  const shards = await memory.shardsOf(directory, DIMENSION, asked);
  const warm = new FeatureStore(directory, DIMENSION, shards);
  expect(await warm.gather(asked)).toEqual(await store.gather(asked));
  const versions = Array.from(asked, (id) => `1 ${id}`);
  expect(await warm.missing(asked, versions)).toBe(await store.missing(asked, versions));
  expect(await warm.missing(asked, versions)).toBe(asked.filter((id) => id < 1024).length);
});

test('the least recently used shards are dropped first, and all of them when idle', async () => {
  const memory = new FeatureMemory({ mostBytes: 2 * SHARD_BYTES, keptMs: 600_000 });
  const of = async (id: number) => (await memory.shardsOf(directory, DIMENSION, Int32Array.of(id)))[0];
  const middle = await of(1500);
  const [last] = [await of(2060), await of(1010)];
  expect(memory.bytes).toBeLessThanOrEqual(2 * SHARD_BYTES);
  expect(await of(2060)).toBe(last);
  await of(1500);
  expect(middle).toBeDefined();
  memory.clear();
  expect(memory.bytes).toBe(0);
});

test('a damaged shard is not kept in memory, and reading it reports the damage', async () => {
  damage(1);
  const shards = await new FeatureMemory(options).shardsOf(directory, DIMENSION, asked);
  expect(shards.map(({ shard }) => shard)).toEqual([0, 2]);
  await expect(new FeatureStore(directory, DIMENSION, shards).gather(asked)).rejects.toThrow(StoredDataDamaged);
});

test('a classifier that is trained and asked from memory is the one from the disk, to the bit', async () => {
  const cold = await learnt({ storeDirectory: directory, dimension: DIMENSION, imageIds: asked }, 'cold');
  const inMemory = await new FeatureMemory(options).shardsOf(directory, DIMENSION, asked);
  // So that what is read can only come from memory.
  damage(1);
  const warm = await learnt({ storeDirectory: directory, dimension: DIMENSION, imageIds: asked, inMemory }, 'warm');
  expect(warm).toEqual(cold);
  expect(warm.said).toHaveLength(asked.length * CLASSES);
});

async function learnt(source: StoredFeatures, name: string) {
  const target = { device: CPU, threads: 1 };
  const modelPath = join(directory, `${name}.safetensors`);
  const labels = source.imageIds.map((id) => id % 2);
  const made = { classNames: ['even', 'odd'], extractor: 'eyes-000000000000', seed: 1, balanced: true } as const;
  const request = { target, data: { ...source, labels }, ...made, head: 'linear', modelPath } as const;
  await trainHead(request, onnxRuntimeEngine, { shouldStop: () => false });
  const said: number[] = [];
  await askHead({ target, modelPath, source }, onnxRuntimeEngine, {
    shouldStop: () => false,
    scored: ({ probabilities }) => said.push(...probabilities),
  });
  return { said, head: readFileSync(modelPath) };
}
