/** Tiles are chosen by what a card's events say, and remembered for that card; the stand-in's times are given here. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { at } from '../../../../main/at.ts';
import { planProgram } from '../../../../main/engines/cuda/plan-program.ts';
import { profileKernels } from '../../../../main/engines/cuda/profile.ts';
import { findTiles, TILE_SEARCH, type TimeLaunches } from '../../../../main/engines/cuda/tile-search.ts';
import { convolutionTiles, fittingTiles, shapeOf } from '../../../../main/engines/cuda/tiles.ts';
import { parseDevice } from '../../../../main/engines/device.ts';
import { GraphBuilder } from '../../../../main/graph/graph-builder.ts';
import { conv } from '../../../../main/graph/ops/conv.ts';
import { setStandInTimes, setUpStandIn, standInLibrary } from './stand-in-card.ts';

const library = standInLibrary();
const EVERY_SHAPE = { ...TILE_SEARCH, leastMultiplyAdds: 0 };
const USUAL = 'plane_conv_128x64_3';
const KERNELS = convolutionTiles('plane_conv', { places: 1, filters: 1, phases: 1 }).map(({ kernel }) => kernel);
const TILES = KERNELS.length;
const [, SECOND, THIRD] = KERNELS as [string, string, string];

/** Two convolutions, the second with twice the products, and the second's shape once more. */
const program = (() => {
  const graph = new GraphBuilder();
  const attributes = { strides: [1, 1], padding: [0, 0], dilations: [1, 1], groups: 1 };
  for (const [name, filters] of [
    ['a', 8],
    ['b', 16],
    ['c', 16],
  ] as const) {
    const x = graph.input(`x-${name}`, [1, 8, 4, 4]);
    graph.output(name, graph.applyOne(conv, [x, graph.input(`w-${name}`, [filters, 8, 1, 1])], attributes));
  }
  return graph.build();
})();
const { launches } = planProgram(program, 'bf16');
const convolutions = launches.filter(({ tiles }) => tiles.length > 0);
const [small, large] = [at(convolutions, 0), at(convolutions, 1)].map(shapeOf) as [string, string];

/** Each tile as slow as its place in the list from the end, so that the last is the fastest; the first launch is slower. */
function timesBy(taken: string[]): TimeLaunches {
  return (timed) =>
    timed.map((launch, index) => {
      if (index === 0) taken.push(`${shapeOf(launch) === small ? 'small' : 'large'} ${launch.kernel}`);
      return index === 0 ? 1000 : 10 - launch.tiles.findIndex(({ kernel }) => kernel === launch.kernel);
    });
}

describe('the search', () => {
  it('times all tiles of each shape once, the largest sum of products first, and takes the fastest', () => {
    const taken: string[] = [];
    const found = findTiles(launches, new Map(), timesBy(taken), EVERY_SHAPE);
    const fastest = at(KERNELS, TILES - 1);
    expect(found).toEqual(
      new Map([
        [large, fastest],
        [small, fastest],
      ]),
    );
    // Before it, one launch by each tile loads the kernels.
    expect(taken).toHaveLength(1 + 2 * TILES);
    expect(taken.slice(0, 1 + TILES).every((one) => one.startsWith('large'))).toBe(true);
  });

  it('leaves out known shapes, unless the tile is none of theirs, and small convolutions', () => {
    const taken: string[] = [];
    const known = new Map([
      [large, USUAL],
      [small, 'plane_conv_7x7_7'],
    ]);
    expect([...findTiles(launches, known, timesBy(taken), EVERY_SHAPE).keys()]).toEqual([small]);
    expect(taken).toHaveLength(1 + TILES);
    expect(findTiles(launches, new Map(), timesBy(taken), TILE_SEARCH).size).toBe(0);
    expect(taken).toHaveLength(1 + TILES);
  });

  it('offers a card no tile that its blocks have too little shared memory for', () => {
    const [launch] = fittingTiles(convolutions.slice(0, 1), 48 * 1024);
    expect(launch?.tiles.map(({ sharedBytes }) => sharedBytes)).toEqual(Array.from({ length: TILES - 3 }, () => 0));
    expect(launch?.tiles[0]?.kernel).toBe(USUAL);
    expect(at(fittingTiles(convolutions, 99 * 1024), 0).tiles).toHaveLength(TILES);
  });

  it('ends at its limit, keeping only shapes of which every tile was timed', () => {
    const within = (ticks: number) => {
      let now = 0;
      return findTiles(launches, new Map(), timesBy([]), { leastMultiplyAdds: 0, limitMs: ticks, now: () => now++ });
    };
    expect(within(TILES).size).toBe(0);
    expect([...within(TILES + 1).keys()]).toEqual([large]);
    expect([...within(2 * TILES).keys()]).toEqual([large]);
    expect(within(2 * TILES + 1).size).toBe(2);
  });
});

describe.skipIf(!library)('on the stand-in', () => {
  it('remembers what a card chose, for that card, and measures again where the file is damaged', async () => {
    if (!library) return;
    const home = await mkdtemp(join(tmpdir(), 'understudy-tiles-'));
    vi.stubEnv('UNDERSTUDY_HOME', home);
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await rm(home, { recursive: true });
    });
    setUpStandIn(library, { cards: 2 });
    const inputs = new Map(
      [...program.inputs].map(([name, { shape }]) => [name, new Float32Array(shape.reduce((a, b) => a * b))]),
    );
    const chosenOn = async (name: string, search = EVERY_SHAPE) => {
      const device = parseDevice(name);
      if (!device) throw new Error(name);
      const kernels = await profileKernels(program, new Map(), inputs, { device, precision: 'bf16' }, library, search);
      return kernels.map(({ kernel }) => kernel).filter((kernel) => kernel.startsWith('plane_conv'));
    };
    const file = join(home, 'card-tiles.json');

    // Nothing is searched for convolutions as small as these.
    setStandInTimes(library, { [SECOND]: 0.5 });
    expect(await chosenOn('cuda', TILE_SEARCH)).toEqual([USUAL]);
    await expect(readFile(file)).rejects.toThrow('ENOENT');

    expect(await chosenOn('cuda')).toEqual([SECOND]);
    // What was found stays, also where it would no longer be found; a card of its own is measured by itself.
    setStandInTimes(library, { [THIRD]: 0.5 });
    expect(await chosenOn('cuda')).toEqual([SECOND]);
    expect(await chosenOn('cuda:1')).toEqual([THIRD]);
    expect(await chosenOn('cuda')).toEqual([SECOND]);

    await writeFile(file, (await readFile(file, 'utf8')).replace(SECOND, USUAL));
    expect(await chosenOn('cuda')).toEqual([THIRD]);
  });
});
