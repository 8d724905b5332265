/**
 * Convolution and its gradients as matrix products whose operands are gathered while they are read (implicit GEMM). 2-D
 * convolutions in bfloat16 use tensor cores, ungrouped or with groups of channels that fill a tile; everything else
 * uses the kernels for any shape.
 */
import { at } from '../../../at.ts';
import { nth } from '../../../graph/op-definition.ts';
import type { ConvAttributes } from '../../../graph/ops/conv.ts';
import { dimension, elementCount, type Node, type Value } from '../../../graph/program.ts';
import type { Precision } from '../../engine.ts';
import type { FinishedGradient, FoldedNormalisation } from '../fusions.ts';
import type { Memory } from '../memory.ts';
import {
  type Activation,
  type Argument,
  float,
  type Held,
  int,
  ints,
  memory,
  type PlanBuilder,
  THREADS,
  threeAxes,
} from '../plan.ts';
import { blocksOf, convolutionTiles, type Tile, weightGradientTiles } from '../tiles.ts';
import type { Lowering } from './lowering.ts';
import { packed, type Weights } from './packed-weights.ts';

/** Results of a block along each axis. */
const TILE = 64;
const GROUPED_TILE = 64;
const GROUPED_PLACES_A_TILE = 128;
/** With every tile; moments are those of so many places, so that they do not depend on the tile. */
const PLACES_A_WARP = 64;
/** Enough blocks to keep a large card busy, but no part so short that adding it up costs more than computing it. */
const WANTED_BLOCKS = 512;
const LEAST_PLACES_A_PART = 512;
/** Channels that grouped kernels process together: as many whole groups as fit. */
const SPANS = [16, 32] as const;

/** What is done with a product's results before they are written; see `Finish` in the kernels. */
interface Finish {
  readonly bias?: Memory;
  readonly added?: Value | undefined;
  readonly rectified?: boolean;
  /** Whether the moments of the results are computed too. */
  readonly measured?: boolean;
}

export const lowerConv: Lowering<'conv'> = (plan, node) => [lowerOwnConv(plan, node, { measured: false })];

/** With the moments of the results, for the batch norm that reads them, if tensor cores compute it. */
export function lowerMeasuredConv(plan: PlanBuilder, node: Node<'conv'>): Held {
  return lowerOwnConv(plan, node, { measured: true });
}

function lowerOwnConv(plan: PlanBuilder, node: Node<'conv'>, finish: Finish): Held {
  const [x, weight, y] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.outputs, 0)];
  return forward(plan, convolutionOf(plan, x, weight, y, node.attributes), x, weightsOf(plan, weight), y, finish);
}

/**
 * A convolution with the following batch norm folded into its weights, and the operations after it; binds `result` to
 * the output.
 */
export function lowerFoldedConv(
  plan: PlanBuilder,
  { conv: node, normalisation, added, rectified }: FoldedNormalisation,
  result: Value,
): Held {
  const [x, weight] = [nth(node.inputs, 0), nth(node.inputs, 1)];
  const conv = convolutionOf(plan, x, weight, result, node.attributes);
  const [, scale, offset, mean, variance] = normalisation.inputs;
  const vectors = [scale, offset, mean, variance].map((value) => nth([value], 0));
  const from = [weight, ...vectors];
  const { pitch, channels } = conv.out;
  const folded = plan.following(from, () => {
    const made = { weight: plan.logicalOf(weight), bias: plan.floats(pitch) };
    const count = elementCount(weight.shape);
    plan.each(
      'fold_normalisation',
      Math.max(count, pitch),
      ...[memory(plan.logical(weight)), ...vectors.map((value) => memory(plan.logical(value)))],
      ...[memory(made.weight), memory(made.bias)],
      ...[int(channels), int(count / channels), int(pitch), float(normalisation.attributes.epsilon)],
    );
    return made;
  });
  return forward(plan, conv, x, { memory: folded.weight, from }, result, { bias: folded.bias, added, rectified });
}

export const lowerConvInputGradient: Lowering<'convInputGradient'> = (plan, node) => [
  lowerInputGradient(plan, {
    ...{ node, result: nth(node.outputs, 0) },
    ...{ added: undefined, rectified: undefined, reader: undefined },
  }),
];

/** Whether tensor cores compute a gradient by the input. */
export function isByTensorCores(
  precision: Precision,
  { inputs, outputs, attributes }: Node<'convInputGradient'>,
): boolean {
  const [dy, weight, dx] = [nth(inputs, 0), nth(inputs, 1), nth(outputs, 0)];
  return suitsTensorCores(precision, dx, weight, dy, attributes);
}

export function lowerInputGradient(plan: PlanBuilder, finish: FinishedGradient): Held {
  const { node, added } = finish;
  const [dy, weight, dx] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.outputs, 0)];
  const conv = convolutionOf(plan, dx, weight, dy, node.attributes);
  const [from, by] = [memory(plan.channelsLast(dy)), weightsOf(plan, weight)];
  if (conv.tensor) return { channelsLast: planeInputGradient(plan, conv, from, by, finish) };
  const to = filledUp(plan, dx);
  const { before, after } = finishing(plan, { added });
  const args = [from, memory(by.memory), ...before, memory(to), ...after, conv.shape];
  const grid = gridOf(conv, conv.in.rows, conv.channelsAGroup);
  plan.launch(`conv_input_gradient_${plan.suffix}`, grid, THREADS, args, conv.work);
  return { channelsLast: to };
}

function forward(plan: PlanBuilder, conv: Convolution, x: Value, by: Weights, y: Value, finish: Finish): Held {
  const from = memory(plan.channelsLast(x));
  if (conv.tensor) return { channelsLast: planeConvolution(plan, conv, from, by, y, finish) };
  const to = filledUp(plan, y);
  const { before, after } = finishing(plan, finish);
  const args = [from, memory(by.memory), ...before, memory(to), ...after, conv.shape];
  plan.launch(`conv_${plan.suffix}`, gridOf(conv, conv.out.rows, conv.filtersAGroup), THREADS, args, conv.work);
  return { channelsLast: to };
}

function weightsOf(plan: PlanBuilder, weight: Value): Weights {
  return { memory: plan.logical(weight), from: [weight] };
}

/** The kernel arguments for it, before and after the memory that is written. */
function finishing(plan: PlanBuilder, { bias, added, rectified = false }: Finish) {
  return {
    before: [memory(bias), memory(added && plan.channelsLast(added))],
    after: [int(Number(rectified))],
  };
}

/** Positions are summed in parts, so that there are enough blocks, and the parts are added in a fixed order. */
export const lowerConvWeightGradient: Lowering<'convWeightGradient'> = (plan, node) => {
  const [x, dy, dWeight] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.outputs, 0)];
  const conv = convolutionOf(plan, x, dWeight, dy, node.attributes);
  const args = [memory(plan.channelsLast(x)), memory(plan.channelsLast(dy))];
  const count = elementCount(dWeight.shape);
  const { tiles, shape } = weightGradientOf(plan, conv);
  // As many parts with any tile: which one a card takes must not change the sums.
  const parts = partsOf(conv.out.rows, blocksOf(nth(tiles, 0)));
  const partial = plan.floats(parts * count);
  const all = [...args, memory(partial), ...shape(Math.ceil(conv.out.rows / parts), parts)];
  const work = { ...conv.work, tensorCores: conv.tensor !== undefined };
  plan.launchTiled(
    tiles.map(({ grid: [x3, y3, z3], ...tile }) => ({ ...tile, grid: [x3, y3, z3 * parts] })),
    all,
    work,
  );
  if (parts === 1) return [{ logical: partial }];
  const sum = plan.logicalOf(dWeight);
  plan.each('sum_parts', count, memory(partial), memory(sum), int(count), int(parts));
  return [{ logical: sum }];
};

interface WeightGradient {
  /** With the blocks of one part. */
  readonly tiles: readonly Tile[];
  /** The arguments that describe the shape, for parts of `share` positions each. */
  shape(share: number, parts: number): Argument[];
}

function weightGradientOf(plan: PlanBuilder, conv: Convolution): WeightGradient {
  const { tensor, out, channelsAGroup, filtersAGroup, taps } = conv;
  if (!tensor) {
    return {
      tiles: [
        {
          kernel: `conv_weight_gradient_${plan.suffix}`,
          grid: gridOf(conv, filtersAGroup, channelsAGroup * taps),
          ...{ threads: THREADS, sharedBytes: 0 },
        },
      ],
      shape: (_, parts) => [conv.shape, int(parts)],
    };
  }
  const { shape, span } = tensor.forward;
  if (tensor.grouped) {
    return {
      tiles: [
        {
          kernel: `grouped_weight_gradient_${span}`,
          grid: [Math.ceil(out.channels / span), taps, 1],
          ...{ threads: THREADS, sharedBytes: 0 },
        },
      ],
      shape: (share) => [int(out.channels), int(channelsAGroup), int(share), shape],
    };
  }
  return {
    tiles: weightGradientTiles(out.channels, taps * conv.in.pitch),
    shape: (share) => [int(out.channels), int(channelsAGroup), int(share), shape],
  };
}

function planeConvolution(
  plan: PlanBuilder,
  conv: Convolution,
  from: Argument,
  by: Weights,
  result: Value,
  finish: Finish,
): Memory {
  const { grouped, forward: rule } = nth([conv.tensor], 0);
  const factors = packedWeights(plan, conv, by, 'forward');
  const { before, after } = finishing(plan, finish);
  const to = plan.channelsLastOf(result);
  const moments = finish.measured ? boundMoments(plan, result, grouped) : undefined;
  const { rows: places, channels: filters } = conv.out;
  const args = [from, factors, ...before, memory(to), memory(moments), int(filters), ...after, rule.shape];
  const tiles = grouped
    ? [groupedTile(`grouped_conv_${rule.span}`, { places, filters, phases: 1 })]
    : convolutionTiles('plane_conv', { places, filters, phases: 1 });
  plan.launchTiled(tiles, args, { ...conv.work, tensorCores: true });
  return to;
}

/**
 * At a stride, the places of the input whose distance is the stride meet the same taps: a phase, each of which is a
 * convolution with these taps alone.
 */
function planeInputGradient(
  plan: PlanBuilder,
  conv: Convolution,
  from: Argument,
  by: Weights,
  { added, rectified, result, reader }: FinishedGradient,
): Memory {
  const { grouped, backward: rule } = nth([conv.tensor], 0);
  const factors = packedWeights(plan, conv, by, 'backward');
  const to = plan.channelsLastOf(result);
  const { batch, space, channels: filters, pitch } = conv.in;
  const [, height, width] = space;
  const [, down, across] = conv.strides;
  const phased = {
    ...{ filters, phases: down * across },
    places: batch * Math.ceil(height / down) * Math.ceil(width / across),
  };
  const also = [added, rectified, reader && nth(reader.inputs, 1)].map((value) =>
    memory(value && plan.channelsLast(value)),
  );
  const statistics = [3, 4].map((input) => memory(reader && plan.logical(nth(reader.inputs, input))));
  const chunks = phased.phases * Math.ceil(phased.places / (grouped ? GROUPED_PLACES_A_TILE : PLACES_A_WARP));
  const sums = reader && plan.floats(chunks * 2 * pitch);
  if (reader && sums) plan.bindGradientSums(nth(reader.outputs, 0), { memory: sums, chunks });
  const args = [
    ...[from, factors, ...also, ...statistics, memory(to), memory(sums)],
    ...[int(filters), float(reader?.attributes.epsilon ?? 0), rule.shape],
  ];
  const tiles = grouped
    ? [groupedTile(`grouped_input_gradient_${rule.span}`, phased)]
    : convolutionTiles('plane_input_gradient', phased);
  plan.launchTiled(tiles, args, { ...conv.work, tensorCores: true });
  return to;
}

function groupedTile(kernel: string, { places, filters, phases }: Parameters<typeof convolutionTiles>[1]): Tile {
  const grid = [Math.ceil(filters / GROUPED_TILE), Math.ceil(places / GROUPED_PLACES_A_TILE), phases] as const;
  return { kernel, grid, threads: THREADS, sharedBytes: 0 };
}

function boundMoments(plan: PlanBuilder, result: Value, grouped: boolean): Memory {
  const { rows, pitch } = plan.activation(result);
  const chunkRows = grouped ? GROUPED_PLACES_A_TILE : PLACES_A_WARP;
  const partial = plan.floats(Math.ceil(rows / chunkRows) * 2 * pitch);
  plan.bindMoments(result, { memory: partial, chunkRows });
  return partial;
}

/** The weights as matrix operands, in the order in which the product reads them. */
function packedWeights(plan: PlanBuilder, conv: Convolution, by: Weights, way: 'forward' | 'backward'): Argument {
  const { span } = nth([conv.tensor], 0)[way];
  const [turned, filters, channels] = [way === 'backward', conv.out.channels, conv.in.channels];
  const count = (turned ? channels : filters) * conv.taps * span;
  const { taps, groups } = conv;
  return memory(packed(plan, by, { filters, channels, taps, groups, span, turned, count }));
}

function partsOf(places: number, blocks: number): number {
  return Math.max(1, Math.min(Math.ceil(WANTED_BLOCKS / blocks), Math.floor(places / LEAST_PLACES_A_PART)));
}

interface PlaneRule {
  readonly shape: Argument;
  /** Neighbouring channels in a row of the packed weights. */
  readonly span: number;
}

interface Convolution {
  readonly in: Activation;
  readonly out: Activation;
  readonly groups: number;
  readonly channelsAGroup: number;
  readonly filtersAGroup: number;
  readonly taps: number;
  readonly strides: readonly [number, number, number];
  readonly shape: Argument;
  readonly work: { readonly multiplyAdds: number };
  /** How tensor cores compute it; undefined if they cannot. */
  readonly tensor: { readonly grouped: boolean; readonly forward: PlaneRule; readonly backward: PlaneRule } | undefined;
}

function convolutionOf(
  plan: PlanBuilder,
  x: Value,
  weight: Value,
  y: Value,
  { strides, padding, dilations, groups }: ConvAttributes,
): Convolution {
  const [input, output] = [plan.activation(x), plan.activation(y)];
  const kernel = threeAxes(weight.shape.slice(2), 1);
  const [stride, pad, dilation] = [threeAxes(strides, 1), threeAxes(padding, 0), threeAxes(dilations, 1)];
  const shape = ints(
    ...[input.batch, input.channels, output.channels, groups],
    ...[...input.space, ...output.space, ...kernel, ...stride, ...pad, ...dilation],
    ...[input.pitch, output.pitch],
  );
  const channelsAGroup = input.channels / groups;
  const span = spanOf(channelsAGroup);
  // The forward pass reads at out · stride − pad + tap · dilation; the backward pass solves this for out.
  const forward = [1, 2].flatMap((axis) => [at(stride, axis), -at(pad, axis), at(dilation, axis), 1]);
  const backward = [1, 2].flatMap((axis) => [1, at(pad, axis), -at(dilation, axis), at(stride, axis)]);
  const taps = kernel.slice(1);
  const grouped = groups > 1;
  return {
    ...{ in: input, out: output, groups, shape, channelsAGroup, taps: elementCount(kernel), strides: stride },
    filtersAGroup: output.channels / groups,
    work: { multiplyAdds: output.rows * elementCount(weight.shape) },
    tensor: suitsTensorCores(plan.precision, x, weight, y, { strides, padding, dilations, groups })
      ? {
          grouped,
          forward: { shape: planeShape(input, output, taps, forward), span: grouped ? (span ?? 0) : input.pitch },
          backward: { shape: planeShape(output, input, taps, backward), span: grouped ? (span ?? 0) : output.pitch },
        }
      : undefined,
  };
}

/** Planes, not volumes; in one group, or in groups of which some fill a tile. */
function suitsTensorCores(
  precision: Precision,
  x: Value,
  weight: Value,
  y: Value,
  { padding, groups }: ConvAttributes,
): boolean {
  const deep = [x, weight, y].some(({ shape }) => threeAxes(shape.slice(2), 1)[0] !== 1);
  const [channels, filters] = [dimension(x.shape, 1), dimension(y.shape, 1)];
  const fills = groups === 1 || (spanOf(channels / groups) !== undefined && channels === filters);
  return precision === 'bf16' && !deep && threeAxes(padding, 0)[0] === 0 && fills;
}

function spanOf(channelsAGroup: number): number | undefined {
  return SPANS.find((size) => size % channelsAGroup === 0);
}

function planeShape(
  read: Activation,
  result: Activation,
  kernel: readonly number[],
  rule: readonly number[],
): Argument {
  const of = ({ space, pitch }: Activation) => [space[1], space[2], pitch];
  return ints(read.batch, ...of(read), ...of(result), ...kernel, ...rule);
}

function gridOf({ groups }: Convolution, rows: number, columns: number): readonly [number, number, number] {
  return [Math.ceil(rows / TILE), Math.ceil(columns / TILE), groups];
}

/** Memory for an activation of which a kernel writes only the real channels, zeroed if there is padding. */
function filledUp(plan: PlanBuilder, value: Value): Memory {
  const to = plan.channelsLastOf(value);
  const { channels, pitch } = plan.activation(value);
  if (channels !== pitch) plan.fill(to, 0);
  return to;
}
