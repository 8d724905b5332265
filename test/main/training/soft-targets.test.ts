/** Soft targets: known shares stay, the rest is spread, and a single class equals a hard target. */
import { expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { engineOf } from '../../../main/engines/engines.ts';
import { batchesHere } from '../../../main/training/batch-source.ts';
import { fillTarget, type SoftTargets } from '../../../main/training/soft-targets.ts';
import { train } from '../../../main/training/train.ts';
import { smallTraining } from './small-training.ts';

const known = (rows: readonly (readonly (readonly [number, number])[])[], width: number): SoftTargets => ({
  width,
  outputs: Int32Array.from(rows.flatMap((row) => Array.from({ length: width }, (_, place) => row[place]?.[0] ?? -1))),
  shares: Float32Array.from(rows.flatMap((row) => Array.from({ length: width }, (_, place) => row[place]?.[1] ?? 0))),
});

it.each([
  [
    'what is missing to 1 is spread evenly over the others',
    [
      [2, 0.5],
      [0, 0.25],
    ],
    [0.25, 0.125, 0.5, 0.125],
  ],
  ['one class alone is all', [[1, 1]], [0, 1, 0, 0]],
  [
    'a row that comes to more than 1 is divided by its sum',
    [
      [3, 0.75],
      [1, 0.75],
    ],
    [0, 0.5, 0, 0.5],
  ],
  [
    'where every class is known, too',
    [
      [0, 0.2],
      [1, 0.2],
      [2, 0.2],
      [3, 0.2],
    ],
    [0.25, 0.25, 0.25, 0.25],
  ],
  ['nothing known is nothing said', [], [0.25, 0.25, 0.25, 0.25]],
] as const)('%s', (_, row, wanted) => {
  const filled = new Float32Array(4).fill(9);
  fillTarget(known([[[0, 1]], row], 4), 1, filled);
  expect(Array.from(filled, (share) => Number(share.toFixed(6)))).toEqual(wanted);
  expect(filled.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
});

it('stand in a batch where the image stands, also mixed', async () => {
  const { request } = await smallTraining();
  const { classIds } = request.data;
  const targets = known(
    Array.from(classIds, (classId) => [[classId, 0.75]]),
    1,
  );
  for (const mix of [undefined, request.mix]) {
    const batches = batchesHere({ ...request, mix, data: { ...request.data, targets } });
    const { labels, softTargets = new Float32Array() } = await batches.take(2);
    for (const [place, label] of labels.entries()) {
      const row = softTargets.subarray(3 * place, 3 * place + 3);
      expect(row.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 6);
      if (mix === undefined) expect(at(row, label)).toBe(0.75);
      else expect(Math.max(...row)).toBeLessThanOrEqual(0.75);
    }
    await batches.close();
  }
});

it('a training on one class alone for each is the training on classes', async () => {
  const { request, folder } = await smallTraining();
  const losses: number[] = [];
  const rows = Array.from(request.data.classIds, (classId) => [[classId, 1]] as const);
  for (const targets of [undefined, known(rows, 1)]) {
    const asked = { ...request, mix: undefined, data: { ...request.data, targets }, runDirectory: folder() };
    const { finalLoss } = await train(asked, engineOf(request.target.device), {
      shouldStop: () => false,
      progressed: ({ point }) => point && expect(point.top1 === undefined).toBe(targets !== undefined),
      openBatches: batchesHere,
    });
    losses.push(finalLoss);
  }
  expect(at(losses, 1)).toBeCloseTo(at(losses, 0), 5);
});
