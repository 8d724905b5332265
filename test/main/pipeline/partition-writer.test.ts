import { expect, test } from 'vitest';
import { at } from '../../../main/at.ts';
import type { ScoreRows } from '../../../main/catalogue/score-store.ts';
import { PartitionWriter } from '../../../main/pipeline/partition-writer.ts';

/** Image i has class i mod 3, with a distinct probability. */
const answers = (first: number, count: number) =>
  Float32Array.from({ length: 3 * count }, (_, place) => {
    const image = first + Math.floor(place / 3);
    return place % 3 === image % 3 ? 0.9 + image / 1000 : 0.01;
  });

function writerOf(written: Map<number, ScoreRows>, fails = Number.POSITIVE_INFINITY) {
  const scores = {
    writePartition: async (_: string, partition: number, rows: ScoreRows) => {
      if (partition === fails) throw new Error('the disk is full');
      written.set(partition, rows);
    },
  };
  const partition = (number: number, ids: readonly number[]) => ({ partition: number, imageIds: Int32Array.from(ids) });
  const partitions = [partition(0, [0, 1, 2, 3]), partition(2, [8, 9, 10, 11]), partition(3, [12, 13])];
  return new PartitionWriter({ scores, runId: 'label-1', partitions, classIds: [7, 8, 9], topP: 1 });
}

test('batches of any size fill the partitions that they fall into', async () => {
  const written = new Map<number, ScoreRows>();
  const writer = writerOf(written);
  expect([...writer.imageIds]).toEqual([0, 1, 2, 3, 8, 9, 10, 11, 12, 13]);
  for (let first = 0; first < 10; first += 3) {
    const count = Math.min(3, 10 - first);
    const probabilities = Float32Array.from(
      [...writer.imageIds.subarray(first, first + count)].flatMap((id) => [...answers(id, 1)]),
    );
    writer.take({ first, count, classes: 3, probabilities, unreadable: [] });
  }
  await writer.written();
  expect([...written.keys()]).toEqual([0, 2, 3]);
  for (const { imageIds, classIds, probabilities } of written.values()) {
    expect([...classIds]).toEqual([...imageIds].map((id) => 7 + (id % 3)));
    for (const [place, id] of imageIds.entries()) expect(at(probabilities, place)).toBeCloseTo(0.9 + id / 1000, 6);
  }
});

test('what cannot be written is said by whoever waits for it', async () => {
  const writer = writerOf(new Map(), 2);
  writer.take({ first: 0, count: 10, classes: 3, probabilities: answers(0, 10), unreadable: [] });
  await expect(writer.written()).rejects.toThrow('the disk is full');
});
