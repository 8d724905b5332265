import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CPU } from '../../../main/engines/device.ts';
import { type DeviceTraits, type Engine, PROCESSOR } from '../../../main/engines/engine.ts';
import { Interrupted } from '../../../main/failure.ts';
import { architecture } from '../../../main/models/family.ts';
import { tryWorks } from '../../../main/training/trial.ts';
import type { TriedWork } from '../../../main/training/trial-steps.ts';

const WORK = {
  kind: 'predict',
  network: { ...architecture('small-basic', 4), layers: [1, 1], width: 8 },
  imageSizePx: 32,
  batch: 16,
} as const;
const TRAITS: DeviceTraits = {
  ...{
    title: 'a device',
    hardware: PROCESSOR,
    software: false,
    keepsStateOnDevice: false,
    blockedLayout: false,
    int8: false,
    takesStored: false,
    savesMemory: false,
  },
  ...{ precisions: ['fp32'], takesPixels: false, memoryBytes: undefined, inOwnProcess: false },
};
const EACH_MS = 3000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Records the requests, and takes `imageMs` per image and `readyMs` to prepare a network. */
function deviceOf(imageMs: number, readyMs: (weightBytes: number) => number = () => 0) {
  const asked: number[] = [];
  const prepared: number[] = [];
  const engine: Engine = {
    kind: 'onnxruntime',
    devices: () => [CPU],
    absence: () => undefined,
    traits: () => TRAITS,
    versions: () => ({}),
    prepare: async ({ inputs }, state) => {
      const weightBytes = [...state.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
      prepared.push(weightBytes);
      vi.advanceTimersByTime(readyMs(weightBytes));
      return {
        run: async (_, meanwhile) => {
          const images = inputs.get('images')?.shape[0] ?? Number.NaN;
          asked.push(images);
          vi.advanceTimersByTime(images * imageMs);
          await meanwhile?.();
          return new Map();
        },
        readState: async () => new Map(),
        writeState: async () => {},
        dispose: async () => {},
      };
    },
  };
  return { engine, asked, prepared };
}

async function tried(
  engine: Engine,
  works: readonly TriedWork[] = [WORK],
  { shouldStop = () => false, known }: { shouldStop?: () => boolean; known?: number } = {},
) {
  const target = { device: CPU, threads: 1 };
  const budgetMs = { each: EACH_MS, all: 2 * EACH_MS };
  const request = { target, works, multiplyAddsPerSecond: known, budgetMs };
  const { rates } = await tryWorks(request, engine, { shouldStop });
  return rates;
}

it('asks a device of which nothing is known for a single image first, then for a batch', async () => {
  const { engine, asked } = deviceOf(1);
  expect(await tried(engine)).toEqual([1000]);
  expect(asked.slice(0, 2)).toEqual([1, WORK.batch]);
});

it('gives a slow device no more than it does in the time, and one that is too slow for an image nothing more', async () => {
  const slow = deviceOf(300);
  expect((await tried(slow.engine))[0]).toBeCloseTo(1000 / 300);
  expect(Math.max(...slow.asked)).toBeLessThan(WORK.batch / 4);
  const hopeless = deviceOf(10 * EACH_MS);
  expect(await tried(hopeless.engine)).toEqual([null]);
  expect(hopeless.asked).toEqual([1]);
});

/** Weights of about 10 and 45 million bytes. */
const MIDDLING = { ...WORK, network: { ...architecture('resnet18', 4), width: 30 } };
const LARGE = { ...WORK, network: architecture('resnet18', 4) };

it('prepares no network that would exceed the time, once another has shown how long preparing takes', async () => {
  const device = deviceOf(1, (weightBytes) => weightBytes / 10_000);
  const startMs = performance.now();
  const [middling, large] = await tried(device.engine, [MIDDLING, LARGE], { known: 1e12 });
  expect([middling, large]).toEqual([1000, null]);
  expect(device.prepared).toHaveLength(1);
  expect(performance.now() - startMs).toBeLessThan(EACH_MS);
});

it('gives up a first network whose weights alone take most of the time', async () => {
  const device = deviceOf(1);
  const drawing = { shouldStop: () => Boolean(vi.advanceTimersByTime(20)) && false, known: 1e12 };
  expect(await tried(device.engine, [LARGE], drawing)).toEqual([null]);
  expect(device.prepared).toEqual([]);
});

it('stops while a network is made ready: between its weights, and before its first step', async () => {
  const device = deviceOf(1);
  let asked = 0;
  await expect(tried(device.engine, [LARGE], { shouldStop: () => ++asked === 3, known: 1e12 })).rejects.toThrow(
    Interrupted,
  );
  expect(device.prepared).toEqual([]);
  let ready = false;
  const stopping = deviceOf(1, () => {
    ready = true;
    return 0;
  });
  await expect(tried(stopping.engine, [WORK], { shouldStop: () => ready, known: 1e12 })).rejects.toThrow(Interrupted);
  expect(stopping.asked).toEqual([]);
});
