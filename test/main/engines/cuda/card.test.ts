import { describe, expect, it } from 'vitest';
import { Card } from '../../../../main/engines/cuda/card.ts';
import { cudaEngine } from '../../../../main/engines/cuda/cuda-engine.ts';
import { CPU } from '../../../../main/engines/device.ts';
import { DeviceAbsent, OutOfMemory } from '../../../../main/engines/device-failures.ts';
import { GraphBuilder } from '../../../../main/graph/graph-builder.ts';
import { relu } from '../../../../main/graph/ops/relu.ts';
import { compiledSources, kernelSources } from '../../../../scripts/kernel-builds.mjs';
import { standInCard, standInLibrary } from './stand-in-card.ts';

const library = standInLibrary();
const GIBIBYTE = 2 ** 30;

it('says in one sentence that there is no driver', () => {
  expect(() => Card.open(0, '', 'no-such-driver.so')).toThrow(DeviceAbsent);
  expect(() => Card.open(0, '', 'no-such-driver.so')).toThrow(
    /^No NVIDIA driver answers on this computer \(.*no-such-driver.so.*\): install it, or compute on another device\.$/,
  );
});

it('ships kernels that were compiled from the sources as they are (npm run build:kernels)', () => {
  expect(compiledSources()).toBe(kernelSources());
});

describe.skipIf(!library)('on the stand-in', () => {
  it('knows the card', () => {
    if (!library) return;
    expect(standInCard(library).facts).toEqual({
      name: 'stand-in on the processor',
      memoryBytes: GIBIBYTE,
      capability: '8.0',
      multiprocessors: 108,
      driver: '13.0',
    });
  });

  it('refuses a card that is not there', () => {
    expect(() => Card.open(1, '', library)).toThrow('none of them is number 1');
  });

  it('says before the first run that a program has no room, and leaves the card as it was', async () => {
    if (!library) return;
    const engine = cudaEngine(standInCard(library), 'fp32');
    await expect(engine.prepare(reluOf(GIBIBYTE / 4), new Map(), { device: CPU })).rejects.toThrow(OutOfMemory);
    const session = await engine.prepare(reluOf(3), new Map(), { device: CPU });
    expect(await session.run(new Map([['x', Float32Array.of(-1, 0, 2)]]))).toEqual(
      new Map([['y', Float32Array.of(0, 0, 2)]]),
    );
    await session.dispose();
  });
});

function reluOf(elements: number) {
  const graph = new GraphBuilder();
  graph.output('y', graph.applyOne(relu, [graph.input('x', [elements])], {}));
  return graph.build();
}
