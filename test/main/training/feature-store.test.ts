import { expect, it } from 'vitest';
import { byFeatureShard } from '../../../main/training/feature-store.ts';

it('groups sorted images by shard', () => {
  const shards = byFeatureShard(Int32Array.of(0, 5, 1023, 1024, 5000));
  expect([...shards].map(([shard, ids]) => [shard, [...ids]])).toEqual([
    [0, [0, 5, 1023]],
    [1, [1024]],
    [4, [5000]],
  ]);
});

it('refuses images that come back to a shard, whose rows would be lost', () => {
  expect(() => byFeatureShard(Int32Array.of(0, 1024, 5))).toThrow('the ids are not sorted: image 5 comes too late');
});
