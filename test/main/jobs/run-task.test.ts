import { afterEach, expect, it, vi } from 'vitest';
import { CPU } from '../../../main/engines/device.ts';
import { runTask } from '../../../main/jobs/run-task.ts';

const FOLDER = '/nowhere/understudy';
const target = { device: CPU, threads: 1 };
const NOTHING = new Int32Array();
/** Nothing to choose from: a task that is over at once. */
const short = {
  target,
  candidates: { storeDirectory: FOLDER, dimension: 4, imageIds: NOTHING },
  centres: NOTHING,
  count: 0,
};
const failing = {
  target,
  modelPath: `${FOLDER}/model.safetensors`,
  source: { kind: 'files', images: [] },
  batch: 1,
} as const;

afterEach(() => vi.useRealTimers());

function threads(): number {
  const { workers } = process.report.getReport() as unknown as { workers: unknown[] };
  return workers.length;
}

it('gives the next task to the thread that is free, and ends it when none comes', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  await runTask('spread', short);
  expect(threads()).toBe(1);
  await runTask('spread', short);
  expect(threads()).toBe(1);
  await Promise.all([runTask('spread', short), runTask('spread', short)]);
  expect(threads()).toBe(2);
  vi.advanceTimersByTime(5_000);
  vi.useRealTimers();
  await vi.waitFor(() => expect(threads()).toBe(0), { timeout: 60_000 });
});

it('keeps no thread whose task failed', async () => {
  await expect(runTask('predict', failing)).rejects.toThrow(/model\.safetensors/);
  expect(threads()).toBe(0);
});
