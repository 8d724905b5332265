import { join } from 'node:path';
import { expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { CPU } from '../../../main/engines/device.ts';
import type { Engine, ProgramSession } from '../../../main/engines/engine.ts';
import { engineOf } from '../../../main/engines/engines.ts';
import { batchesHere } from '../../../main/training/batch-source.ts';
import { KeptSession } from '../../../main/training/kept-session.ts';
import { predict } from '../../../main/training/predict.ts';
import type { ScoredBatch } from '../../../main/training/predict-request.ts';
import { train } from '../../../main/training/train.ts';
import { smallTraining } from './small-training.ts';

function session() {
  const one = { disposed: 0, dispose: async () => void one.disposed++ };
  return one as unknown as ProgramSession & { readonly disposed: number };
}

it('gives a session to the next that asks for the same, and gives up what nobody asks for', async () => {
  const kept = new KeptSession();
  const [first, second] = [session(), session()];
  expect(await kept.take('a')).toBeUndefined();
  await kept.keep('a', first);
  expect(await kept.take('a')).toBe(first);
  expect(await kept.take('a')).toBeUndefined();
  await kept.keep('a', first);
  expect(await kept.take('b')).toBeUndefined();
  expect(first.disposed).toBe(1);
  await kept.keep('b', second);
  await kept.release();
  await kept.release();
  expect(second.disposed).toBe(1);
});

it('partitions of one labelling prepare their network once, and give the same scores as each alone', async () => {
  const { request } = await smallTraining();
  const { data, target, runDirectory } = request;
  await train({ ...request, images: 2 * request.batch }, engineOf(CPU), {
    shouldStop: () => false,
    progressed: () => {},
    openBatches: batchesHere,
  });
  let prepared = 0;
  const engine = {
    ...engineOf(CPU),
    prepare: async (...made: Parameters<Engine['prepare']>) => {
      prepared++;
      return await engineOf(CPU).prepare(...made);
    },
  };
  const saidOf = async (imageIds: Int32Array, batch: number, kept?: KeptSession) => {
    const modelPath = join(runDirectory, 'model.safetensors');
    const said: number[] = [];
    const host = { shouldStop: () => false, scored: (one: ScoredBatch) => void said.push(...one.probabilities) };
    const source = { kind: 'cache', ...data, imageIds } as const;
    await predict({ target, modelPath, batch, source }, engine, kept ? { ...host, kept } : host);
    return said;
  };
  const parts = [Int32Array.of(0, 1, 2, 3, 4), Int32Array.of(9, 8, 7, 6, 5), Int32Array.of(3, 4)];
  const alone: number[][] = [];
  for (const part of parts) alone.push(await saidOf(part, 3));
  expect(prepared).toBe(3);
  const kept = new KeptSession();
  const together: number[][] = [];
  for (const part of parts.slice(0, 2)) together.push(await saidOf(part, 3, kept));
  expect(prepared).toBe(4);
  // A short one needs another program.
  together.push(await saidOf(at(parts, 2), 3, kept));
  expect(prepared).toBe(5);
  await kept.release();
  expect(together).toEqual(alone);
});
