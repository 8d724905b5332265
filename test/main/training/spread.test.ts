import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CPU } from '../../../main/engines/device.ts';
import { engineOf } from '../../../main/engines/engines.ts';
import { FeatureStore } from '../../../main/training/feature-store.ts';
import { spread } from '../../../main/training/spread.ts';

const DIMENSION = 4;
/** Three directions, with several images close to each. Image 7 points in a direction of its own. */
const VECTORS = [
  [1, 0, 0, 0],
  [1, 0.1, 0, 0],
  [1, 0.2, 0, 0],
  [0, 1, 0, 0],
  [0, 1, 0.1, 0],
  [0, 0, 1, 0],
  [0, 0.1, 1, 0],
  [-1, -1, -1, -1],
];

async function order(centres: readonly number[], count: number): Promise<number[]> {
  const storeDirectory = mkdtempSync(join(tmpdir(), 'understudy-spread-'));
  const ids = VECTORS.map((_, id) => id);
  const features = Float32Array.from(VECTORS.flat());
  await new FeatureStore(storeDirectory, DIMENSION).write(0, { ids, versions: ids.map(String), features });
  const imageIds = Int32Array.from(ids.filter((id) => !centres.includes(id)));
  const target = { device: CPU, threads: 1 };
  const candidates = { storeDirectory, dimension: DIMENSION, imageIds };
  const request = { target, candidates, centres: Int32Array.from(centres), count };
  return [...(await spread(request, engineOf(CPU), { shouldStop: () => false }))];
}

test('the farthest from what is labelled comes first, then what is far from those as well', async () => {
  const taken = await order([0, 3], 3);
  expect(taken[0]).toBe(7);
  expect([5, 6]).toContain(taken[1]);
  // All others are close to one of the centres or to one already chosen.
  expect(new Set(taken).size).toBe(3);
});

test('a labelled image is a centre like those chosen before it, so that the order continues', async () => {
  const [first = -1, ...rest] = await order([0], 4);
  expect(await order([0, first], 3)).toEqual(rest);
});

test('without a labelled image it begins somewhere, and takes each image once', async () => {
  expect((await order([], 20)).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});
