/**
 * A program as an ordered list of kernel launches, over memory laid out before anything runs. Built once per program;
 * contains no card and no address.
 *
 * A value is held row-major in float32 as in the program (`logical`), or as an activation with its channels last and
 * padded to whole packs of 16 bytes (`channelsLast`), in the plan's precision; or both, if different operations need
 * different forms.
 */
import { nth } from '../../graph/op-definition.ts';
import { dimension, elementCount, type Program, type Value } from '../../graph/program.ts';
import { valueAt } from '../../value-at.ts';
import type { Precision } from '../engine.ts';
import type { KeptMemory, Memory, StepMemory, TableMemory, TableWord } from './memory.ts';
import type { Tile } from './tiles.ts';

export type Argument =
  | { readonly kind: 'memory'; readonly memory: Memory | undefined }
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'ints'; readonly values: readonly number[] };

export interface Launch {
  readonly kernel: string;
  readonly grid: readonly [number, number, number];
  readonly threads: number;
  /** Shared memory of a block, beyond what the kernel has by itself. */
  readonly sharedBytes: number;
  readonly arguments: readonly Argument[];
  /** Products and sums of two numbers, as convolutions are usually counted. */
  readonly multiplyAdds: number;
  /** Whether tensor cores compute the products. */
  readonly tensorCores: boolean;
  /** All ways to give the same results, among them this one; none if there is only this one. */
  readonly tiles: readonly Tile[];
}

export interface Plan {
  /** Computes what depends only on state that no run changes: done once, whenever the state is set. */
  readonly preparations: readonly Launch[];
  readonly launches: readonly Launch[];
  readonly inputs: ReadonlyMap<string, KeptMemory>;
  readonly state: ReadonlyMap<string, KeptMemory>;
  readonly outputs: ReadonlyMap<string, KeptMemory>;
}

/** Memory that a plan allocates for itself. */
type OwnMemory = KeptMemory | StepMemory;

export interface Held {
  logical?: Memory;
  channelsLast?: Memory;
}

/** Weights of a convolution, and the factors that tensor cores multiply; see `Factors` in the kernels. */
export interface WeightPack {
  readonly weight: Memory;
  readonly packed: Memory;
  readonly shape: {
    readonly filters: number;
    readonly channels: number;
    readonly taps: number;
    readonly groups: number;
    readonly span: number;
    readonly turned: boolean;
    /** Elements of the factors. */
    readonly count: number;
  };
}

/** Moments of an activation's channels by chunks of its rows: [chunk][mean, sum of squares about it][pitch]. */
export interface PartialMoments {
  readonly memory: Memory;
  readonly chunkRows: number;
}

/** Σ g and Σ g · x̂ of a gradient's channels, by chunks: [chunk][Σ g, Σ g · x̂][pitch]. */
export interface PartialSums {
  readonly memory: Memory;
  readonly chunks: number;
}

/** An activation with three spatial axes; missing ones have size 1. */
export interface Activation {
  readonly batch: number;
  readonly channels: number;
  readonly space: readonly [number, number, number];
  readonly places: number;
  /** Channels including padding. */
  readonly pitch: number;
  /** Packs of 16 bytes per position, and in total. */
  readonly packsAPlace: number;
  readonly packs: number;
  readonly rows: number;
}

export const THREADS = 256;
const FLOAT_BYTES = 4;
const PACK_BYTES = 16;
export const FLOATS_A_PACK = PACK_BYTES / FLOAT_BYTES;
/** Kernels index elements with 32 bits. */
const MOST_ELEMENTS = 2 ** 31 - 1;

export const memory = (piece: Memory | undefined): Argument => ({ kind: 'memory', memory: piece });
export const int = (value: number): Argument => ({ kind: 'int', value });
export const float = (value: number): Argument => ({ kind: 'float', value });
export const ints = (...values: number[]): Argument => ({ kind: 'ints', values });

export class PlanBuilder {
  readonly program: Program;
  readonly precision: Precision;
  readonly launches: Launch[] = [];
  readonly preparations: Launch[] = [];
  /** What one launch packs at the beginning of a step. */
  readonly packs: WeightPack[] = [];
  readonly #held = new Map<number, Held>();
  readonly #moments = new Map<number, PartialMoments>();
  readonly #gradientSums = new Map<number, PartialSums>();
  /** The ids of values that are the same in every run, until the state is set again. */
  readonly #settled: Set<number>;
  #settling = false;

  constructor(program: Program, precision: Precision) {
    this.program = program;
    this.precision = precision;
    this.#settled = new Set(program.state.flatMap(({ value, next }) => (next ? [] : [value.id])));
  }

  /** Name suffix of kernels over activations. */
  get suffix(): 'f32' | 'bf16' {
    return this.precision === 'fp32' ? 'f32' : 'bf16';
  }

  get channelsAPack(): number {
    return this.precision === 'fp32' ? FLOATS_A_PACK : PACK_BYTES / 2;
  }

  bind(value: Value, held: Held): void {
    this.#held.set(value.id, held);
  }

  holds(value: Value): Readonly<Held> {
    return valueAt(this.#held, value.id);
  }

  /** What made the value also computed these. */
  bindMoments(value: Value, moments: PartialMoments): void {
    this.#moments.set(value.id, moments);
  }

  /** What made the gradient that a batch norm passes on to `dx` also computed these. */
  bindGradientSums(dx: Value, sums: PartialSums): void {
    this.#gradientSums.set(dx.id, sums);
  }

  gradientSumsOf(dx: Value): PartialSums | undefined {
    return this.#gradientSums.get(dx.id);
  }

  momentsOf(value: Value): PartialMoments | undefined {
    return this.#moments.get(value.id);
  }

  /** Whether the value is the same in every run, until the state is set again. */
  isSettled(value: Value): boolean {
    return this.#settled.has(value.id);
  }

  /** Whether the value is state as a run finds it. */
  isState(value: Value): boolean {
    return this.program.state.some((variable) => variable.value === value);
  }

  settle(value: Value): void {
    this.#settled.add(value.id);
  }

  /** `work` plans what depends on these values alone: if they are all settled, it is computed once and kept. */
  following<Made>(values: readonly Value[], work: () => Made): Made {
    const before = this.#settling;
    this.#settling = values.every((value) => this.isSettled(value));
    try {
      return work();
    } finally {
      this.#settling = before;
    }
  }

  floats(count: number): OwnMemory {
    return this.#room(Math.ceil(count / FLOATS_A_PACK) * PACK_BYTES);
  }

  /** Allocates bfloat16 numbers. */
  halves(count: number): OwnMemory {
    return this.floats(count / 2);
  }

  /** Allocates a value in its logical form. */
  logicalOf({ shape, dtype }: Value): OwnMemory {
    const count = elementCount(shape);
    if (count > MOST_ELEMENTS) throw new Error(`a tensor of ${count} elements is more than this engine counts`);
    return this.floats(dtype === 'uint8' ? count / FLOAT_BYTES : count);
  }

  channelsLastOf(value: Value): OwnMemory {
    const { packs } = this.activation(value);
    if (packs * this.channelsAPack > MOST_ELEMENTS) {
      throw new Error(`an activation of ${packs * this.channelsAPack} elements is more than this engine counts`);
    }
    return this.#room(packs * PACK_BYTES);
  }

  table(words: readonly TableWord[]): TableMemory {
    return { kind: 'table', bytes: 8 * words.length, words };
  }

  activation({ shape }: Value): Activation {
    const [batch, channels] = [dimension(shape, 0), dimension(shape, 1)];
    const space = threeAxes(shape.slice(2), 1);
    const places = elementCount(space);
    const packsAPlace = Math.ceil(channels / this.channelsAPack);
    const rows = batch * places;
    const pitch = packsAPlace * this.channelsAPack;
    return { batch, channels, space, places, pitch, packsAPlace, rows, packs: rows * packsAPlace };
  }

  /** The value in its logical form; converted if it only exists in the other one. */
  logical(value: Value): Memory {
    const held = valueAt(this.#held, value.id);
    if (held.logical) return held.logical;
    return this.following([value], () => {
      const to = this.logicalOf(value);
      this.#turn(value, nth([held.channelsLast], 0), to, 'logical');
      held.logical = to;
      return to;
    });
  }

  channelsLast(value: Value): Memory {
    const held = valueAt(this.#held, value.id);
    if (held.channelsLast) return held.channelsLast;
    return this.following([value], () => {
      const to = this.channelsLastOf(value);
      const { channels, pitch } = this.activation(value);
      if (channels !== pitch) this.fill(to, 0);
      this.#turn(value, nth([held.logical], 0), to, 'channelsLast');
      held.channelsLast = to;
      return to;
    });
  }

  launch(
    kernel: string,
    grid: readonly [number, number?, number?],
    threads: number,
    args: readonly Argument[],
    {
      multiplyAdds = 0,
      tensorCores = false,
      tiles = [],
      sharedBytes = 0,
    }: Partial<Pick<Launch, 'multiplyAdds' | 'tensorCores' | 'tiles' | 'sharedBytes'>> = {},
  ): void {
    const [x, y = 1, z = 1] = grid;
    const launches = this.#settling ? this.preparations : this.launches;
    launches.push({ kernel, grid: [x, y, z], threads, sharedBytes, arguments: args, multiplyAdds, tensorCores, tiles });
  }

  /** Before all that was planned so far. */
  launchFirst(...launch: Parameters<PlanBuilder['launch']>): void {
    this.launch(...launch);
    const last = this.launches.pop();
    if (last) this.launches.unshift(last);
  }

  /** Launches by the first of these tiles; a card may take another of them. */
  launchTiled(
    tiles: readonly Tile[],
    args: readonly Argument[],
    work: Partial<Pick<Launch, 'multiplyAdds' | 'tensorCores'>>,
  ): void {
    const { kernel, grid, threads, sharedBytes } = nth(tiles, 0);
    this.launch(kernel, grid, threads, args, { ...work, sharedBytes, tiles: tiles.length > 1 ? tiles : [] });
  }

  /** Launches one thread for each of `count` elements. */
  each(kernel: string, count: number, ...args: Argument[]): void {
    this.launch(kernel, [Math.ceil(count / THREADS)], THREADS, args);
  }

  fill(to: Memory, value: number): void {
    const words = to.bytes / FLOAT_BYTES;
    this.each('fill', words, memory(to), float(value), int(words));
  }

  copy(from: Memory, to: Memory, count: number): void {
    this.copyBox('copy_f32_f32', from, to, [{ size: count, from: 1, to: 1 }]);
  }

  /** Copies the elements of a box, with source and destination strides given per axis. */
  copyBox(
    kernel: 'copy_f32_f32' | 'copy_f32_bf16' | 'copy_bf16_f32',
    from: Memory,
    to: Memory,
    axes: readonly BoxAxis[],
    offset: { readonly from?: number; readonly to?: number } = {},
  ): void {
    const box = joined(axes);
    if (box.length > BOX_AXES) throw new Error(`a copy along ${box.length} axes`);
    const all = [...Array.from({ length: BOX_AXES - box.length }, () => ({ size: 1, from: 0, to: 0 })), ...box];
    const count = elementCount(all.map(({ size }) => size));
    const packed = ints(
      ...all.map(({ size }) => size),
      ...all.map((axis) => axis.from),
      ...all.map((axis) => axis.to),
      ...[offset.from ?? 0, offset.to ?? 0, count],
    );
    this.each(kernel, count, memory(from), memory(to), packed);
  }

  #room(bytes: number): OwnMemory {
    return this.#settling ? { kind: 'kept', bytes } : { kind: 'step', bytes };
  }

  #turn(value: Value, from: Memory, to: Memory, into: keyof Held): void {
    const { batch, channels, places, pitch } = this.activation(value);
    const axes = [
      { size: batch, logical: channels * places, channelsLast: places * pitch },
      { size: places, logical: 1, channelsLast: pitch },
      { size: channels, logical: places, channelsLast: 1 },
    ];
    const other = into === 'logical' ? 'channelsLast' : 'logical';
    const types = { logical: 'f32', channelsLast: this.suffix } as const;
    const kernel = `copy_${types[other]}_${types[into]}` as 'copy_f32_bf16';
    this.copyBox(
      kernel,
      from,
      to,
      axes.map((axis) => ({ size: axis.size, from: axis[other], to: axis[into] })),
    );
  }
}

export interface BoxAxis {
  readonly size: number;
  /** Distance between neighbours, in elements, at the source and at the destination. */
  readonly from: number;
  readonly to: number;
}

const BOX_AXES = 5;

/** The same box with as few axes as possible: neighbouring axes that are contiguous on both sides are merged. */
function joined(axes: readonly BoxAxis[]): BoxAxis[] {
  const box: BoxAxis[] = [];
  for (const axis of axes) {
    if (axis.size === 1) continue;
    const before = box.at(-1);
    if (before && before.from === axis.from * axis.size && before.to === axis.to * axis.size) {
      box[box.length - 1] = { ...axis, size: before.size * axis.size };
    } else box.push(axis);
  }
  return box;
}

/** One number for each of three spatial axes; missing leading axes get `filler`. */
export function threeAxes(perAxis: readonly number[], filler: number): readonly [number, number, number] {
  const [a, b, c] = [...Array.from({ length: 3 - perAxis.length }, () => filler), ...perAxis];
  return [nth([a], 0), nth([b], 0), nth([c], 0)];
}
