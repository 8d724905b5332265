import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { CPU } from '../../../main/engines/device.ts';
import { type DeviceTraits, type Engine, PROCESSOR } from '../../../main/engines/engine.ts';
import { architecture } from '../../../main/models/family.ts';
import { tryWorks } from '../../../main/training/trial.ts';

const WORK = {
  kind: 'predict',
  network: { ...architecture('small-basic', 4), layers: [1, 1], width: 8 },
  imageSizePx: 32,
  batch: 16,
} as const;
const TRAITS: DeviceTraits = {
  ...{ title: 'a device', hardware: PROCESSOR, software: false, keepsStateOnDevice: false, blockedLayout: false },
  ...{ precisions: ['fp32'], memoryBytes: undefined },
};
const EACH_MS = 3000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Tells what it was asked for, and needs `imageMs` for an image. */
function deviceOf(imageMs: number) {
  const asked: number[] = [];
  const engine: Engine = {
    kind: 'onnxruntime',
    devices: () => [CPU],
    absence: () => undefined,
    traits: () => TRAITS,
    versions: () => ({}),
    prepare: async ({ inputs }) => ({
      run: async (_, meanwhile) => {
        const images = inputs.get('images')?.shape[0] ?? Number.NaN;
        asked.push(images);
        vi.advanceTimersByTime(images * imageMs);
        await meanwhile?.();
        return new Map();
      },
      readState: async () => new Map(),
      dispose: async () => {},
    }),
  };
  return { engine, asked };
}

async function tried(engine: Engine, multiplyAddsPerSecond?: number) {
  const target = { device: CPU, threads: 1 };
  const budgetMs = { each: EACH_MS, all: 2 * EACH_MS };
  const request = { target, works: [WORK], multiplyAddsPerSecond, budgetMs };
  const { rates } = await tryWorks(request, engine, { shouldStop: () => false });
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
