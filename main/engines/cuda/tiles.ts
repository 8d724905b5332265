/**
 * The tiles of results that the tensor cores' convolutions are compiled for (`kernels/tensor-conv.cuh`), and the launches
 * of one convolution by each of them. All give the same bits; which is fastest depends on the card and the shape.
 */
import { at } from '../../at.ts';
import { elementCount } from '../../graph/program.ts';
import type { Launch } from './plan.ts';

/** What differs between the launches of one convolution by different tiles. */
export interface Tile {
  readonly kernel: string;
  readonly grid: readonly [number, number, number];
  readonly threads: number;
  /** Shared memory of a block, beyond what the kernel has by itself; a card may have less. */
  readonly sharedBytes: number;
}

/** Results along both axes, steps of which the operands are in shared memory, threads of a block. */
type TileSize = readonly [height: number, width: number, stages: number, threads: number];

/** Places by filters. */
const CONVOLUTION_TILES: readonly TileSize[] = [
  [128, 128, 3, 256],
  [128, 64, 3, 256],
  [128, 128, 2, 256],
  [128, 64, 4, 128],
  [256, 64, 2, 256],
  [64, 128, 4, 128],
  [64, 64, 4, 128],
  [128, 128, 4, 256],
  [128, 256, 3, 256],
  [256, 128, 3, 256],
];

/** Filters by taps and channels. */
const WEIGHT_GRADIENT_TILES: readonly TileSize[] = [
  [128, 128, 3, 256],
  [64, 128, 3, 256],
  [128, 128, 2, 256],
  [128, 64, 4, 128],
  [64, 64, 4, 128],
  [256, 128, 3, 256],
];

/** Both operands of a stage have 32 bfloat16 numbers in a row. */
const ROW_BYTES = 64;
/** Up to so much, a kernel has its shared memory by itself. */
const OWN_SHARED_BYTES = 48 * 1024;

/** Up to so many filters, a tile of so many is filled better than one of twice as many. */
const NARROW = 64;

/**
 * The usual one, which is taken where nothing was measured, comes first.
 * @param phases of the results, each of at most so many places
 */
export function convolutionTiles(
  kernel: 'plane_conv' | 'plane_input_gradient',
  { places, filters, phases }: { readonly places: number; readonly filters: number; readonly phases: number },
): readonly Tile[] {
  return tilesOf(CONVOLUTION_TILES, kernel, filters, (height, width) => [
    Math.ceil(filters / width),
    Math.ceil(places / height),
    phases,
  ]);
}

/** The usual one first, as above; for one part of the places. */
export function weightGradientTiles(filters: number, columns: number): readonly Tile[] {
  return tilesOf(WEIGHT_GRADIENT_TILES, 'plane_weight_gradient', filters, (height, width) => [
    Math.ceil(columns / width),
    Math.ceil(filters / height),
    1,
  ]);
}

function tilesOf(
  sizes: readonly TileSize[],
  kernel: string,
  filters: number,
  gridOf: (height: number, width: number) => Tile['grid'],
): readonly Tile[] {
  const tiles = sizes.map(([height, width, stages, threads]) => ({
    ...{ kernel: `${kernel}_${height}x${width}_${stages}`, grid: gridOf(height, width), threads },
    sharedBytes: sharedBytesOf(height, width, stages),
  }));
  return withFirst(tiles, filters > NARROW ? 0 : 1);
}

/** Names what the time of a launch depends on: its kind, which operands it has, and all of its sizes. */
export function shapeOf({ tiles, arguments: args }: Launch): string {
  const [usual] = tiles;
  const sizes = args.map((argument) => {
    switch (argument.kind) {
      case 'memory':
        return argument.memory ? argument.memory.bytes : 0;
      case 'ints':
        return argument.values.join(',');
      case 'int':
      case 'float':
        return argument.value;
      default:
        return argument satisfies never;
    }
  });
  return [usual?.kernel.replace(/_\d+x\d+_\d+$/, ''), ...sizes].join(' ');
}

/** The launch by the tile of that kernel; as it was if it has no such tile. */
export function byTile(launch: Launch, kernel: string | undefined): Launch {
  const tile = launch.tiles.find((one) => one.kernel === kernel);
  return tile ? { ...launch, ...tile } : launch;
}

/** The launches with the tiles for which a block of a card has enough shared memory; the usual ones always are among them. */
export function fittingTiles(launches: readonly Launch[], sharedBytesABlock: number): Launch[] {
  return launches.map((launch) => ({
    ...launch,
    tiles: launch.tiles.filter(({ sharedBytes }) => sharedBytes <= sharedBytesABlock),
  }));
}

export function blocksOf({ grid }: Tile): number {
  return elementCount(grid);
}

function sharedBytesOf(height: number, width: number, stages: number): number {
  const bytes = stages * (height + width) * ROW_BYTES;
  return bytes > OWN_SHARED_BYTES ? bytes : 0;
}

function withFirst(tiles: readonly Tile[], first: number): readonly Tile[] {
  return [at(tiles, first), ...tiles.filter((_, index) => index !== first)];
}
