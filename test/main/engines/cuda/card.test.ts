import koffi from 'koffi';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseCase, programOf } from '../../../../main/bench/measure.ts';
import { Card } from '../../../../main/engines/cuda/card.ts';
import { kernelModules } from '../../../../main/engines/cuda/kernels.ts';
import { planProgram } from '../../../../main/engines/cuda/plan-program.ts';
import { DeviceAbsent, OutOfMemory } from '../../../../main/engines/device-failures.ts';
import { GraphBuilder } from '../../../../main/graph/graph-builder.ts';
import { relu } from '../../../../main/graph/ops/relu.ts';
import { compiledSources, kernelSources } from '../../../../scripts/kernel-builds.mjs';
import { onStandIn, standInCard, standInLibrary } from './stand-in-card.ts';

const library = standInLibrary();
const GIBIBYTE = 2 ** 30;

it('says in one sentence that there is no driver', () => {
  expect(() => Card.open(0, [], 'no-such-driver.so')).toThrow(DeviceAbsent);
  expect(() => Card.open(0, [], 'no-such-driver.so')).toThrow(
    /^No NVIDIA driver answers on this computer \(.*no-such-driver.so.*\): install it where there is an NVIDIA card; any other GPU is the device webgpu\.$/,
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
      sharedBytesABlock: 163 * 1024,
      driver: '13.0',
    });
  });

  it('gives each kernel the arguments that it takes', () => {
    if (!library) return;
    const signatureOf = koffi.load(library).func('standInSignature', 'str', ['str']);
    const letters = { memory: 'p', int: 'i', float: 'f', ints: 's' } as const;
    for (const name of [
      'train:small-basic:16:2',
      'train:small-grouped:16:2',
      'train:small-vit:32:2',
      'infer:resnet18:32:1',
    ]) {
      for (const precision of ['fp32', 'bf16'] as const) {
        for (const launch of planProgram(programOf(parseCase(name), { asPixels: true }), precision).launches) {
          const given = launch.arguments.map(({ kind }) => letters[kind]).join('');
          expect(given, launch.kernel).toBe(signatureOf(launch.kernel));
        }
      }
    }
  });

  it('loads further tiles when one of them is launched, and says which kernel no module has', () => {
    if (!library) return;
    const loaded: number[] = [];
    const sources = kernelModules.map((source, index) => () => {
      loaded.push(index);
      return source();
    });
    const card = Card.open(0, sources, library);
    onTestFinished(() => card.close());
    const record = (kernel: string, words: number) =>
      card
        .record([
          {
            ...{ kernel, grid: [1, 1, 1], threads: 32, sharedBytes: 0 },
            arguments: Array.from({ length: words }, () => Array.from({ length: 9 }, () => 0n)),
          },
        ])
        .dispose();
    record('fill', 3);
    record('plane_conv_128x64_3', 9);
    expect(loaded).toEqual([0]);
    record('plane_conv_64x64_4', 9);
    record('plane_conv_64x64_4', 9);
    expect(loaded).toEqual([0, 1]);
    expect(() => record('plane_conv_7x7_7', 9)).toThrow('no module of this engine has the kernel plane_conv_7x7_7');
  });

  it('refuses a card that is not there', () => {
    expect(() => Card.open(1, [], library)).toThrow('none of them is number 1');
  });

  it('says before the first run that a program has no room, and leaves the card as it was', async () => {
    if (!library) return;
    const { engine, device } = onStandIn(library, 'fp32');
    await expect(engine.prepare(reluOf(GIBIBYTE / 4), new Map(), { device })).rejects.toThrow(OutOfMemory);
    const session = await engine.prepare(reluOf(3), new Map(), { device });
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
