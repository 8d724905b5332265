/** Operations on rows, one block of threads per row: products, softmax, cross-entropy, layer norm. */
import { at } from '../../../at.ts';
import { nth } from '../../../graph/op-definition.ts';
import { dimension, elementCount, type Value } from '../../../graph/program.ts';
import type { Memory } from '../memory.ts';
import { type Argument, float, int, memory, type PlanBuilder, THREADS } from '../plan.ts';
import type { Lowering } from './lowering.ts';

const ROW_THREADS = 128;
const TILE = 64;

export const lowerLinear: Lowering<'linear'> = (plan, node) => {
  const [x, weight, bias] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.inputs, 2)];
  const to = plan.logicalOf(nth(node.outputs, 0));
  const sizes = { rows: dimension(x.shape, 0), columns: dimension(weight.shape, 0), depth: dimension(x.shape, 1) };
  product(plan, { left: x, right: weight, bias, to, batch: 1, ...sizes, turnLeft: false, turnRight: true });
  return [{ logical: to }];
};

export const lowerMatMul: Lowering<'matMul'> = (plan, node) => {
  const [left, right, y] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.outputs, 0)];
  const { transposeA: turnLeft, transposeB: turnRight } = node.attributes;
  const to = plan.logicalOf(y);
  const rank = y.shape.length;
  const sizes = { rows: at(y.shape, rank - 2), columns: at(y.shape, rank - 1) };
  const depth = at(left.shape, turnLeft ? rank - 2 : rank - 1);
  const batch = elementCount(y.shape.slice(0, -2));
  product(plan, { left, right, bias: undefined, to, batch, ...sizes, depth, turnLeft, turnRight });
  return [{ logical: to }];
};

interface Product {
  readonly left: Value;
  readonly right: Value;
  readonly bias: Value | undefined;
  readonly to: Memory;
  readonly batch: number;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly turnLeft: boolean;
  readonly turnRight: boolean;
}

function product(plan: PlanBuilder, { left, right, bias, to, batch, rows, columns, depth, ...turns }: Product): void {
  const read = [memory(plan.logical(left)), memory(plan.logical(right)), memory(bias && plan.logical(bias))];
  const sizes = [int(rows), int(columns), int(depth), int(Number(turns.turnLeft)), int(Number(turns.turnRight))];
  const grid = [Math.ceil(rows / TILE), Math.ceil(columns / TILE), batch] as const;
  const multiplyAdds = batch * rows * columns * depth;
  plan.launch('matrix_product', grid, THREADS, [...read, memory(to), ...sizes], { multiplyAdds });
}

export const lowerSoftmax: Lowering<'softmax'> = (plan, node) => {
  const x = nth(node.inputs, 0);
  const to = plan.logicalOf(x);
  rowwise(plan, 'softmax', x, memory(plan.logical(x)), memory(to), int(widthOf(x)));
  return [{ logical: to }];
};

export const lowerSoftmaxGradient: Lowering<'softmaxGradient'> = (plan, node) => {
  const [dy, y] = [nth(node.inputs, 0), nth(node.inputs, 1)];
  const to = plan.logicalOf(y);
  rowwise(plan, 'softmax_gradient', y, memory(plan.logical(dy)), memory(plan.logical(y)), memory(to), int(widthOf(y)));
  return [{ logical: to }];
};

export const lowerSoftmaxCrossEntropy: Lowering<'softmaxCrossEntropy'> = (plan, node) => {
  const [logits, targets] = [nth(node.inputs, 0), nth(node.inputs, 1)];
  const rows = dimension(logits.shape, 0);
  const losses = plan.floats(rows);
  const read = [memory(plan.logical(logits)), ...targetsOf(plan, targets)];
  const sizes = [int(widthOf(logits)), float(node.attributes.labelSmoothing)];
  rowwise(plan, 'cross_entropy', logits, ...read, memory(losses), ...sizes);
  return [{ logical: sumOf(plan, losses, rows, 1 / rows) }];
};

export const lowerSoftmaxCrossEntropyGradient: Lowering<'softmaxCrossEntropyGradient'> = (plan, node) => {
  const [dLoss, logits, targets] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.inputs, 2)];
  const to = plan.logicalOf(logits);
  const read = [memory(plan.logical(dLoss)), memory(plan.logical(logits)), ...targetsOf(plan, targets)];
  const sizes = [int(dimension(logits.shape, 0)), int(widthOf(logits)), float(node.attributes.labelSmoothing)];
  rowwise(plan, 'cross_entropy_gradient', logits, ...read, memory(to), ...sizes);
  return [{ logical: to }];
};

export const lowerCountCorrect: Lowering<'countCorrect'> = (plan, node) => {
  const [logits, ids] = [nth(node.inputs, 0), nth(node.inputs, 1)];
  const rows = dimension(logits.shape, 0);
  const correct = plan.floats(rows);
  const read = [memory(plan.logical(logits)), memory(plan.logical(ids))];
  rowwise(plan, 'correct_rows', logits, ...read, memory(correct), int(widthOf(logits)));
  return [{ logical: sumOf(plan, correct, rows, 1) }];
};

export const lowerLayerNorm: Lowering<'layerNorm'> = (plan, node) => {
  const x = nth(node.inputs, 0);
  const to = plan.logicalOf(x);
  const read = node.inputs.map((input) => memory(plan.logical(input)));
  rowwise(plan, 'layer_norm', x, ...read, memory(to), int(widthOf(x)), float(node.attributes.epsilon));
  return [{ logical: to }];
};

export const lowerLayerNormGradient: Lowering<'layerNormGradient'> = (plan, node) => {
  const [dy, x, scale] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.inputs, 2)];
  const [dx, dScale, dBias] = [plan.logicalOf(x), plan.logicalOf(scale), plan.logicalOf(scale)];
  const width = widthOf(x);
  const rows = elementCount(x.shape) / width;
  const kept = plan.floats(2 * rows);
  const [from, by] = [memory(plan.logical(dy)), memory(plan.logical(x))];
  const sizes = [int(width), float(node.attributes.epsilon)];
  rowwise(plan, 'layer_norm_gradient', x, from, by, memory(plan.logical(scale)), memory(dx), memory(kept), ...sizes);
  const sums = [memory(dScale), memory(dBias)];
  plan.each('layer_norm_sums', width, from, by, memory(kept), ...sums, int(rows), int(width));
  return [{ logical: dx }, { logical: dScale }, { logical: dBias }];
};

/** One block for each row of `x`. */
function rowwise(plan: PlanBuilder, kernel: string, x: Value, ...args: Argument[]): void {
  plan.launch(kernel, [elementCount(x.shape) / widthOf(x)], ROW_THREADS, args);
}

function sumOf(plan: PlanBuilder, from: Memory, count: number, factor: number): Memory {
  const to = plan.floats(1);
  plan.launch('sum_all', [1], ROW_THREADS, [memory(from), memory(to), int(count), float(factor)]);
  return to;
}

/** Class ids or distributions; the other argument is null. */
function targetsOf(plan: PlanBuilder, targets: Value): [Argument, Argument] {
  const held = memory(plan.logical(targets));
  return targets.dtype === 'int32' ? [held, memory(undefined)] : [memory(undefined), held];
}

function widthOf({ shape }: Value): number {
  return at(shape, shape.length - 1);
}
