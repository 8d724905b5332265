/** Batches made ahead on threads equal those made on the spot, whatever the order in which they arrive. */
import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { batchesOnThreads } from '../../../main/jobs/batch-threads.ts';
import { type Batch, type BatchStream, batchesHere } from '../../../main/training/batch-source.ts';
import { smallTraining } from './small-training.ts';

const STEPS = 9;

describe.each([1, 3])('on %i threads', (threads) => {
  it('makes the batches of every step, from the first or from the middle on', async () => {
    const { request } = await smallTraining();
    for (const first of [0, 5]) {
      const wanted = await copies(batchesHere(request), first);
      const found = await copies(batchesOnThreads(request, threads), first);
      expect(found).toEqual(wanted);
    }
  });

  it('says what went wrong on a thread', async () => {
    const { request } = await smallTraining();
    rmSync(request.data.cacheDirectory, { recursive: true });
    const batches = batchesOnThreads(request, threads);
    await expect(batches.take(0)).rejects.toThrow(/cache/);
    await batches.close();
  });
});

it('draws other batches for other steps', async () => {
  const { request } = await smallTraining();
  const [first, second] = await copies(batchesHere(request), 0);
  expect(first?.images).not.toEqual(second?.images);
  expect(first?.dropoutNoise).not.toEqual(second?.dropoutNoise);
  expect(first?.softTargets?.length).toBe(request.batch * request.network.classes);
});

async function copies(batches: BatchStream, first: number): Promise<Batch[]> {
  try {
    const taken: Batch[] = [];
    for (let step = first; step < first + STEPS; step++) taken.push(structuredClone(await batches.take(step)));
    return taken;
  } finally {
    await batches.close();
  }
}
