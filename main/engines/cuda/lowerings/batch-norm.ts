/** Batch normalisation and its gradients: sums over chunks of the rows, one pass that puts them together, one over the rows. */
import { nth } from '../../../graph/op-definition.ts';
import type { Value } from '../../../graph/program.ts';
import type { Memory } from '../memory.ts';
import { type Activation, float, int, memory, type PlanBuilder, THREADS } from '../plan.ts';
import type { Lowering } from './lowering.ts';

/** Threads of a block along the channels, a pack each, and along the rows. */
const LANES = 8;
const ROWS = 32;
const WANTED_BLOCKS = 512;

export const lowerBatchNormTraining: Lowering<'batchNormTraining'> = (plan, node) => {
  const [x, scale, bias] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.inputs, 2)];
  const [y, mean, variance] = [nth(node.outputs, 0), nth(node.outputs, 1), nth(node.outputs, 2)];
  const statistics = batchStatistics(plan, x, mean, variance);
  const to = normalised(plan, x, y, { ...statistics, scale, bias }, node.attributes.epsilon);
  return [{ channelsLast: to }, { logical: statistics.mean }, { logical: statistics.variance }];
};

export const lowerBatchNormInference: Lowering<'batchNormInference'> = (plan, node) => {
  const [x, scale, bias] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.inputs, 2)];
  const [mean, variance] = [plan.logical(nth(node.inputs, 3)), plan.logical(nth(node.inputs, 4))];
  const { epsilon } = node.attributes;
  return [{ channelsLast: normalised(plan, x, nth(node.outputs, 0), { mean, variance, scale, bias }, epsilon) }];
};

export const lowerBatchNormTrainingGradient: Lowering<'batchNormTrainingGradient'> = (plan, node) =>
  gradient(plan, node, 0);

export const lowerBatchNormInferenceGradient: Lowering<'batchNormInferenceGradient'> = (plan, node) =>
  gradient(plan, node, 1);

interface Statistics {
  readonly mean: Memory;
  readonly variance: Memory;
}

function batchStatistics(plan: PlanBuilder, x: Value, meanOf: Value, varianceOf: Value): Statistics {
  const { rows, channels, pitch } = plan.activation(x);
  const chunks = chunksOf(plan.activation(x));
  const partial = plan.floats(chunks.count * 2 * pitch);
  const [mean, variance] = [plan.logicalOf(meanOf), plan.logicalOf(varianceOf)];
  const from = memory(plan.channelsLast(x));
  const perChunk = [memory(partial), int(rows), int(pitch), int(chunks.rows)];
  plan.launch(`moments_${plan.suffix}`, [chunks.blocks, chunks.count], THREADS, [from, ...perChunk]);
  const sizes = [int(rows), int(channels), int(pitch), int(chunks.rows), int(chunks.count)];
  plan.each('batch_moments', channels, memory(partial), memory(mean), memory(variance), ...sizes);
  return { mean, variance };
}

function normalised(
  plan: PlanBuilder,
  x: Value,
  y: Value,
  { mean, variance, scale, bias }: Statistics & { readonly scale: Value; readonly bias: Value },
  epsilon: number,
): Memory {
  const { rows, channels, pitch, packs } = plan.activation(x);
  const to = plan.channelsLastOf(y);
  plan.each(
    `normalise_${plan.suffix}`,
    packs,
    ...[memory(plan.channelsLast(x)), memory(plan.logical(scale)), memory(plan.logical(bias))],
    ...[memory(mean), memory(variance), memory(undefined), memory(to)],
    ...[int(rows), int(channels), int(pitch), float(epsilon), int(0)],
  );
  return to;
}

function gradient(
  plan: PlanBuilder,
  node: Parameters<Lowering<'batchNormTrainingGradient'>>[1] | Parameters<Lowering<'batchNormInferenceGradient'>>[1],
  fixedStatistics: 0 | 1,
) {
  const [dy, x, scale] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.inputs, 2)];
  const [mean, variance] = [nth(node.inputs, 3), nth(node.inputs, 4)].map((value) => memory(plan.logical(value)));
  const { epsilon } = node.attributes;
  const { rows, channels, pitch, packs } = plan.activation(x);
  const chunks = chunksOf(plan.activation(x));
  const partial = plan.floats(chunks.count * 2 * pitch);
  const statistics = [nth([mean], 0), nth([variance], 0)];
  const read = [memory(plan.channelsLast(dy)), memory(undefined), memory(plan.channelsLast(x))];
  plan.launch(`gradient_sums_${plan.suffix}`, [chunks.blocks, chunks.count], THREADS, [
    ...[...read, ...statistics, memory(partial)],
    ...[int(rows), int(channels), int(pitch), int(chunks.rows), float(epsilon)],
  ]);
  const [dScale, dBias] = [plan.logicalOf(nth(node.outputs, 1)), plan.logicalOf(nth(node.outputs, 2))];
  const sums = [memory(dScale), memory(dBias)];
  plan.each('batch_gradients', channels, memory(partial), ...sums, int(channels), int(pitch), int(chunks.count));
  const dx = plan.channelsLastOf(nth(node.outputs, 0));
  plan.each(
    `normalise_gradient_${plan.suffix}`,
    packs,
    ...[...read, memory(plan.logical(scale)), ...statistics, ...sums, memory(dx)],
    ...[int(rows), int(channels), int(pitch), float(epsilon), int(fixedStatistics)],
  );
  return [{ channelsLast: dx }, { logical: dScale }, { logical: dBias }];
}

/** How the rows are shared out: blocks along the channels, chunks of so many rows. */
function chunksOf({ rows, packsAPlace }: Activation) {
  const blocks = Math.ceil(packsAPlace / LANES);
  const wanted = Math.max(1, Math.min(Math.ceil(WANTED_BLOCKS / blocks), Math.floor(rows / (4 * ROWS))));
  const chunkRows = Math.ceil(rows / wanted);
  return { blocks, rows: chunkRows, count: Math.ceil(rows / chunkRows) };
}
