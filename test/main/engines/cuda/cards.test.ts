/** Several cards, cards with little memory, and one that computes wrongly; all on the stand-in for the driver. */
import { describe, expect, it } from 'vitest';
import { TOLERANCE, testGradient } from '../../../../main/doctor/self-test.ts';
import { cudaEngineBy } from '../../../../main/engines/cuda/cuda-engine.ts';
import { driverFile } from '../../../../main/engines/cuda/driver-library.ts';
import { deviceName, parseDevice } from '../../../../main/engines/device.ts';
import { OutOfMemory } from '../../../../main/engines/device-failures.ts';
import type { Engine, Precision } from '../../../../main/engines/engine.ts';
import { GraphBuilder } from '../../../../main/graph/graph-builder.ts';
import { exponentialAverage } from '../../../../main/graph/ops/exponential-average.ts';
import { batchesHere } from '../../../../main/training/batch-source.ts';
import { train } from '../../../../main/training/train.ts';
import { smallTraining } from '../../training/small-training.ts';
import { onStandIn, setUpStandIn, standInLibrary } from './stand-in-card.ts';

const library = standInLibrary();
const MEBIBYTE = 2 ** 20;

it('looks for the driver under the name that the system knows it by, or where it is told to', () => {
  expect(driverFile('win32', {})).toBe('nvcuda.dll');
  expect(driverFile('linux', {})).toBe('libcuda.so.1');
  expect(driverFile('win32', { UNDERSTUDY_CUDA_DRIVER: 'elsewhere.dll' })).toBe('elsewhere.dll');
});

describe.skipIf(!library)('two cards', () => {
  it('are two devices, each on hardware of its own', () => {
    if (!library) return;
    setUpStandIn(library, { cards: 2 });
    const engine = cudaEngineBy(() => library);
    expect(engine.devices().map(deviceName)).toEqual(['cuda', 'cuda:1']);
    const [first, second] = engine.devices().map((device) => engine.traits(device));
    expect([first?.hardware, second?.hardware]).toEqual(['card 0', 'card 1']);
    expect(first?.title).not.toBe(second?.title);
  });

  it('hold sessions of one thread side by side, each in its own memory and order', async () => {
    if (!library) return;
    setUpStandIn(library, { cards: 2 });
    const engine = cudaEngineBy(() => library);
    const prepared = engine
      .devices()
      .map((device, card) =>
        engine.prepare(movingAverage(), new Map([['average', Float32Array.of(card)]]), { device }),
      );
    const [first, second] = await Promise.all(prepared);
    if (!first || !second) throw new Error('no sessions');
    for (let run = 0; run < 2; run++) {
      await first.run(new Map([['value', Float32Array.of(8)]]));
      await second.run(new Map([['value', Float32Array.of(-8)]]));
    }
    expect(await first.readState()).toEqual(new Map([['average', Float32Array.of(6)]]));
    await first.dispose();
    expect(await second.readState()).toEqual(new Map([['average', Float32Array.of(-5.75)]]));
    await second.dispose();
  });
});

describe.skipIf(!library)('a card with little memory', () => {
  it('says what a program needs and what is free before anything runs', async () => {
    if (!library) return;
    setUpStandIn(library, { memoryBytes: MEBIBYTE });
    const { engine, device } = onStandIn(library, 'fp32');
    await expect(engine.prepare(movingAverage(MEBIBYTE), new Map(), { device })).rejects.toThrow(
      /^The program needs 16 MiB of the card's memory, and 1.0 MiB of 1.0 MiB are free\.$/,
    );
  });

  it('trains a batch in parts, which it knows before the first step', async () => {
    if (!library) return;
    setUpStandIn(library, { memoryBytes: 600_000 });
    const device = parseDevice('cuda');
    if (!device) throw new Error('no device is called cuda');
    const { request } = await smallTraining();
    const { engine, calls } = recorded(cudaEngineBy(() => library));
    const asked = { ...request, target: { device, threads: 1 }, images: 16 };
    const host = { shouldStop: () => false, progressed: () => {}, openBatches: batchesHere };
    const { parts, finalLoss } = await train(asked, engine, host);
    expect(parts).toBeGreaterThan(1);
    expect(calls).toEqual([...refusals(parts), 'prepared', ...Array.from({ length: 2 * parts }, () => 'run')]);
    expect(finalLoss).toBeGreaterThan(0);
  });

  it('says what to do where a single image has no room', async () => {
    if (!library) return;
    setUpStandIn(library, { memoryBytes: 10_000 });
    const device = parseDevice('cuda');
    if (!device) throw new Error('no device is called cuda');
    const { request } = await smallTraining();
    const host = { shouldStop: () => false, progressed: () => {}, openBatches: batchesHere };
    const asked = { ...request, target: { device, threads: 1 } };
    await expect(
      train(
        asked,
        cudaEngineBy(() => library),
        host,
      ),
    ).rejects.toThrow(/has no room to train this network on a single image of 16 pixels: .* are free\.$/);
  });
});

it.skipIf(!library).each(process.env.KERNEL_DRAWS ? (['fp32', 'bf16'] as const) : (['fp32'] as const))(
  'a card that loses its updates fails the test in %s',
  async (precision: Precision) => {
    if (!library) return;
    setUpStandIn(library, { wrong: 0 });
    const { engine, device } = onStandIn(library, precision);
    expect((await testGradient(engine, device, precision)).worstError).toBeGreaterThan(TOLERANCE[precision]);
  },
);

/** Each way through one batch of twice as many parts. */
function refusals(parts: number): string[] {
  return parts <= 1 ? [] : [...refusals(parts / 2), 'refused'];
}

function recorded(engine: Engine): { readonly engine: Engine; readonly calls: string[] } {
  const calls: string[] = [];
  const prepare: Engine['prepare'] = async (...given) => {
    try {
      const session = await engine.prepare(...given);
      calls.push('prepared');
      const run: typeof session.run = (...inputs) => {
        calls.push('run');
        return session.run(...inputs);
      };
      return { ...session, run };
    } catch (error) {
      if (error instanceof OutOfMemory) calls.push('refused');
      throw error;
    }
  };
  return { engine: { ...engine, prepare }, calls };
}

/** state ← (state + value) / 2, of so many numbers. */
function movingAverage(count = 1) {
  const graph = new GraphBuilder();
  const average = graph.state('average', [count]);
  const value = graph.input('value', [count]);
  graph.setNext('average', graph.applyOne(exponentialAverage, [average, value], { rate: 0.5, correction: 1 }));
  return graph.build();
}
