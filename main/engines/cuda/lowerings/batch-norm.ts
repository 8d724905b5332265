/**
 * Batch normalisation and its gradients: sums over chunks of the rows, one pass that combines them, and one pass over
 * the rows.
 */
import { nth } from '../../../graph/op-definition.ts';
import type { Value } from '../../../graph/program.ts';
import type { Normalisation, NormalisationGradient, RectifiedNormalisation } from '../fusions.ts';
import type { Memory } from '../memory.ts';
import {
  type Activation,
  float,
  type Held,
  int,
  memory,
  type PartialMoments,
  type PartialSums,
  type PlanBuilder,
  THREADS,
} from '../plan.ts';
import type { Lowering } from './lowering.ts';

/** Threads of a block along the channels, one pack each, and along the rows. */
const LANES = 8;
const ROWS = 32;
const WANTED_BLOCKS = 512;
/** Channels of a block that puts chunks together; so many chunks are put together at once, more of them in two passes. */
const CHANNELS = 32;
const MOST_CHUNKS = 256;
const MERGED_CHUNKS = 64;

export const lowerBatchNormTraining: Lowering<'batchNormTraining'> = (plan, node) => {
  const [y, mean, variance] = [nth(node.outputs, 0), nth(node.outputs, 1), nth(node.outputs, 2)];
  lowerStatistics(plan, node);
  const to = normalised(plan, node, y, {});
  return [{ channelsLast: to }, plan.holds(mean), plan.holds(variance)];
};

export const lowerBatchNormInference: Lowering<'batchNormInference'> = (plan, node) => [
  { channelsLast: normalised(plan, node, nth(node.outputs, 0), {}) },
];

/** Mean and variance of a batch, without the pass that normalises by them. */
export function lowerStatistics(plan: PlanBuilder, node: Normalisation): void {
  if (node.kind === 'batchNormInference') return;
  const [mean, variance] = [nth(node.outputs, 1), nth(node.outputs, 2)];
  const made = batchStatistics(plan, nth(node.inputs, 0), mean, variance);
  plan.bind(mean, { logical: made.mean });
  plan.bind(variance, { logical: made.variance });
}

/** The pass that normalises, optionally adds another value, and rectifies; binds `result` to the output. */
export function lowerRectified(
  plan: PlanBuilder,
  { normalisation, added }: RectifiedNormalisation,
  result: Value,
): Held {
  return { channelsLast: normalised(plan, normalisation, result, { added, rectified: true }) };
}

export const lowerBatchNormTrainingGradient: Lowering<'batchNormTrainingGradient'> = (plan, node) =>
  lowerNormalisationGradient(plan, node, { dy: nth(node.inputs, 0), rectified: undefined });

export const lowerBatchNormInferenceGradient: Lowering<'batchNormInferenceGradient'> = (plan, node) =>
  lowerNormalisationGradient(plan, node, { dy: nth(node.inputs, 0), rectified: undefined });

interface Statistics {
  readonly mean: Memory;
  readonly variance: Memory;
}

function batchStatistics(plan: PlanBuilder, x: Value, meanOf: Value, varianceOf: Value): Statistics {
  const { rows, channels, pitch } = plan.activation(x);
  const [mean, variance] = [plan.logicalOf(meanOf), plan.logicalOf(varianceOf)];
  const { memory: partial, chunkRows } = mergedMoments(plan, x, plan.momentsOf(x) ?? partialMoments(plan, x));
  const sizes = [int(rows), int(channels), int(pitch), int(chunkRows), int(Math.ceil(rows / chunkRows))];
  const args = [memory(partial), memory(mean), memory(variance), ...sizes];
  plan.launch('batch_moments', [Math.ceil(channels / CHANNELS)], THREADS, args);
  return { mean, variance };
}

function partialMoments(plan: PlanBuilder, x: Value): PartialMoments {
  const { rows, pitch } = plan.activation(x);
  const chunks = chunksOf(plan.activation(x));
  const partial = plan.floats(chunks.count * 2 * pitch);
  const args = [memory(plan.channelsLast(x)), memory(partial), int(rows), int(pitch), int(chunks.rows)];
  plan.launch(`moments_${plan.suffix}`, [chunks.blocks, chunks.count], THREADS, args);
  return { memory: partial, chunkRows: chunks.rows };
}

/** Of so many chunks that the last pass would take long, fewer. */
function mergedMoments(plan: PlanBuilder, x: Value, moments: PartialMoments): PartialMoments {
  const { rows, pitch } = plan.activation(x);
  const { memory: partial, chunkRows } = moments;
  const chunks = Math.ceil(rows / chunkRows);
  if (chunks <= MOST_CHUNKS) return moments;
  const count = Math.ceil(chunks / MERGED_CHUNKS);
  const merged = plan.floats(count * 2 * pitch);
  const sizes = [int(rows), int(pitch), int(chunkRows), int(chunks), int(MERGED_CHUNKS)];
  const grid = [Math.ceil(pitch / CHANNELS), count] as const;
  plan.launch('merge_moments', grid, THREADS, [memory(partial), memory(merged), ...sizes]);
  return { memory: merged, chunkRows: chunkRows * MERGED_CHUNKS };
}

function normalised(
  plan: PlanBuilder,
  node: Normalisation,
  y: Value,
  { added, rectified = false }: { readonly added?: Value | undefined; readonly rectified?: boolean },
): Memory {
  const [x, scale, bias] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.inputs, 2)];
  const statistics = node.kind === 'batchNormTraining' ? node.outputs.slice(1) : node.inputs.slice(3);
  const { rows, channels, pitch, packs } = plan.activation(x);
  const to = plan.channelsLastOf(y);
  plan.each(
    `normalise_${plan.suffix}`,
    packs,
    ...[memory(plan.channelsLast(x)), memory(plan.logical(scale)), memory(plan.logical(bias))],
    ...statistics.map((value) => memory(plan.logical(value))),
    ...[memory(added && plan.channelsLast(added)), memory(to)],
    ...[int(rows), int(channels), int(pitch), float(node.attributes.epsilon), int(Number(rectified))],
  );
  return to;
}

/** `rectified` is the result of a ReLU whose gradient still has to be applied to dy. */
export function lowerNormalisationGradient(
  plan: PlanBuilder,
  node: NormalisationGradient,
  { dy, rectified }: { readonly dy: Value; readonly rectified: Value | undefined },
): readonly Held[] {
  const [x, scale] = [nth(node.inputs, 1), nth(node.inputs, 2)];
  const fixedStatistics = Number(node.kind === 'batchNormInferenceGradient');
  const [mean, variance] = [nth(node.inputs, 3), nth(node.inputs, 4)].map((value) => memory(plan.logical(value)));
  const { epsilon } = node.attributes;
  const { rows, channels, pitch, packs } = plan.activation(x);
  const statistics = [nth([mean], 0), nth([variance], 0)];
  const mask = memory(rectified && plan.channelsLast(rectified));
  const read = [memory(plan.channelsLast(dy)), mask, memory(plan.channelsLast(x))];
  const partialSums = (): PartialSums => {
    const chunks = chunksOf(plan.activation(x));
    const partial = plan.floats(chunks.count * 2 * pitch);
    plan.launch(`gradient_sums_${plan.suffix}`, [chunks.blocks, chunks.count], THREADS, [
      ...[...read, ...statistics, memory(partial)],
      ...[int(rows), int(channels), int(pitch), int(chunks.rows), float(epsilon)],
    ]);
    return { memory: partial, chunks: chunks.count };
  };
  const made = mergedSums(plan, pitch, plan.gradientSumsOf(nth(node.outputs, 0)) ?? partialSums());
  const [dScale, dBias] = [plan.logicalOf(nth(node.outputs, 1)), plan.logicalOf(nth(node.outputs, 2))];
  const sums = [memory(dScale), memory(dBias)];
  const joined = [memory(made.memory), ...sums, int(channels), int(pitch), int(made.chunks)];
  plan.launch('batch_gradients', [Math.ceil(channels / CHANNELS)], THREADS, joined);
  const dx = plan.channelsLastOf(nth(node.outputs, 0));
  plan.each(
    `normalise_gradient_${plan.suffix}`,
    packs,
    ...[...read, memory(plan.logical(scale)), ...statistics, ...sums, memory(dx)],
    ...[int(rows), int(channels), int(pitch), float(epsilon), int(fixedStatistics)],
  );
  return [{ channelsLast: dx }, { logical: dScale }, { logical: dBias }];
}

/** As mergedMoments. */
function mergedSums(plan: PlanBuilder, pitch: number, sums: PartialSums): PartialSums {
  if (sums.chunks <= MOST_CHUNKS) return sums;
  const chunks = Math.ceil(sums.chunks / MERGED_CHUNKS);
  const merged = plan.floats(chunks * 2 * pitch);
  const args = [memory(sums.memory), memory(merged), int(pitch), int(sums.chunks), int(MERGED_CHUNKS)];
  plan.launch('merge_gradients', [Math.ceil(pitch / CHANNELS), chunks], THREADS, args);
  return { memory: merged, chunks };
}

/** How the rows are divided: blocks along the channels, chunks of a number of rows. */
function chunksOf({ rows, packsAPlace }: Activation) {
  const blocks = Math.ceil(packsAPlace / LANES);
  const wanted = Math.max(1, Math.min(Math.ceil(WANTED_BLOCKS / blocks), Math.floor(rows / (4 * ROWS))));
  const chunkRows = Math.ceil(rows / wanted);
  return { blocks, rows: chunkRows, count: Math.ceil(rows / chunkRows) };
}
