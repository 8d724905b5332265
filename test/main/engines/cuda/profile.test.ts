/** A run on a card is told kernel by kernel; on the stand-in the times are the processor's. */
import { expect, it } from 'vitest';
import { profileKernels } from '../../../../main/engines/cuda/profile.ts';
import { parseDevice } from '../../../../main/engines/device.ts';
import { GraphBuilder } from '../../../../main/graph/graph-builder.ts';
import { exponentialAverage } from '../../../../main/graph/ops/exponential-average.ts';
import { relu } from '../../../../main/graph/ops/relu.ts';
import { standInLibrary } from './stand-in-card.ts';

const library = standInLibrary();
const COUNT = 1 << 16;

it.skipIf(!library)('times every kernel of a run, the slowest first, beside the least time for it', async () => {
  const device = parseDevice('cuda');
  if (!library || !device) return;
  const graph = new GraphBuilder();
  const average = graph.state('average', [4]);
  graph.setNext(
    'average',
    graph.applyOne(exponentialAverage, [average, graph.input('value', [4])], { rate: 0.5, correction: 1 }),
  );
  const once = graph.applyOne(relu, [graph.input('x', [COUNT])], {});
  graph.output('y', graph.applyOne(relu, [once], {}));
  const inputs = new Map([
    ['value', new Float32Array(4)],
    ['x', new Float32Array(COUNT)],
  ]);
  const kernels = await profileKernels(
    graph.build(),
    new Map([['average', new Float32Array(4)]]),
    inputs,
    { device },
    library,
  );
  expect(new Map(kernels.map(({ kernel, launches }) => [kernel, launches]))).toEqual(
    new Map([
      ['relu_f32', 2],
      ['copy_f32_f32', 1],
      ['exponential_average', 1],
    ]),
  );
  const times = kernels.map(({ milliseconds }) => milliseconds);
  expect(times).toEqual(times.toSorted((a, b) => b - a));
  for (const { milliseconds, limits } of kernels) {
    expect(milliseconds).toBeGreaterThan(0);
    expect(limits.map(({ card }) => card)).toEqual(['H100 SXM', 'RTX 4090']);
  }
  // Two passes over 65,536 numbers, each read and written.
  expect(kernels.find(({ kernel }) => kernel === 'relu_f32')?.bytes).toBe(2 * 2 * 4 * COUNT);
});
