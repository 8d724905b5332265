/** Operations that rearrange elements. */
import { at } from '../../../at.ts';
import { nth } from '../../../graph/op-definition.ts';
import { dimension, elementCount, type Node, type Shape, type Value } from '../../../graph/program.ts';
import { float, type Held, int, memory, type PlanBuilder } from '../plan.ts';
import type { Lowering } from './lowering.ts';

export const lowerConstant: Lowering<'constant'> = (plan, node) => {
  const to = plan.logicalOf(nth(node.outputs, 0));
  const count = elementCount(node.attributes.shape);
  plan.each('fill', count, memory(to), float(node.attributes.value), int(count));
  return [{ logical: to }];
};

/** State may be overwritten before the last reader of the reshaped value, so this has to copy. */
export const lowerReshape: Lowering<'reshape'> = (plan, node) => {
  const from = plan.logical(nth(node.inputs, 0));
  if (from.kind === 'step') return [{ logical: from }];
  const to = plan.logicalOf(nth(node.outputs, 0));
  plan.copy(from, to, elementCount(nth(node.outputs, 0).shape));
  return [{ logical: to }];
};

export const lowerTranspose: Lowering<'transpose'> = (plan, node) => {
  const [x, y] = [nth(node.inputs, 0), nth(node.outputs, 0)];
  const to = plan.logicalOf(y);
  const [from, into] = [stridesOf(x.shape), stridesOf(y.shape)];
  const axes = node.attributes.order.map((axis, place) => ({
    ...{ size: dimension(x.shape, axis), from: at(from, axis), to: at(into, place) },
  }));
  plan.copyBox('copy_f32_f32', plan.logical(x), to, axes);
  return [{ logical: to }];
};

export const lowerConcat: Lowering<'concat'> = (plan, node) => {
  const y = nth(node.outputs, 0);
  const to = plan.logicalOf(y);
  let before = 0;
  for (const input of node.inputs) {
    const slab = slabOf(plan, y.shape, node.attributes.axis, dimension(input.shape, node.attributes.axis), before);
    slab.copyIn(plan.logical(input), to);
    before += dimension(input.shape, node.attributes.axis);
  }
  return [{ logical: to }];
};

export const lowerSplit: Lowering<'split'> = (plan, node) => {
  const { axis, sizes } = node.attributes;
  const x = nth(node.inputs, 0);
  let before = 0;
  return sizes.map((size, index) => {
    const to = plan.logicalOf(nth(node.outputs, index));
    slabOf(plan, x.shape, axis, size, before).copyOut(plan.logical(x), to);
    before += size;
    return { logical: to };
  });
};

export const lowerPad: Lowering<'pad'> = (plan, node) => {
  const { axis, before } = node.attributes;
  const [x, y] = [nth(node.inputs, 0), nth(node.outputs, 0)];
  const to = plan.logicalOf(y);
  plan.fill(to, 0);
  slabOf(plan, y.shape, axis, dimension(x.shape, axis), before).copyIn(plan.logical(x), to);
  return [{ logical: to }];
};

export const lowerPack: Lowering<'pack'> = (plan, node) => {
  const y = nth(node.outputs, 0);
  const to = plan.logicalOf(y);
  let before = 0;
  for (const input of node.inputs) {
    slabOf(plan, y.shape, 0, elementCount(input.shape), before).copyIn(plan.logical(input), to);
    before += elementCount(input.shape);
  }
  return [{ logical: to }];
};

export const lowerUnpack: Lowering<'unpack'> = (plan, node) => {
  const x = nth(node.inputs, 0);
  let before = 0;
  return node.outputs.map((output) => {
    const to = plan.logicalOf(output);
    slabOf(plan, x.shape, 0, elementCount(output.shape), before).copyOut(plan.logical(x), to);
    before += elementCount(output.shape);
    return { logical: to };
  });
};

export const lowerSumOverBatch: Lowering<'sumOverBatch'> = (plan, node) => {
  const [x, y] = [nth(node.inputs, 0), nth(node.outputs, 0)];
  const to = plan.logicalOf(y);
  const columns = elementCount(y.shape);
  plan.each('sum_rows', columns, memory(plan.logical(x)), memory(to), int(dimension(x.shape, 0)), int(columns));
  return [{ logical: to }];
};

export const lowerTally: Lowering<'tally'> = (plan, node: Node<'tally'>): Held[] => {
  const [sum, value, begins]: [Value, Value, Value] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.inputs, 2)];
  const to = plan.logicalOf(sum);
  const read = [memory(plan.logical(sum)), memory(plan.logical(value)), memory(plan.logical(begins))];
  plan.each('tally', 1, ...read, memory(to), float(node.attributes.weight));
  return [{ logical: to }];
};

/** `size` positions along an axis of a tensor, starting at `before`, as a tensor of its own. */
function slabOf(plan: PlanBuilder, whole: Shape, axis: number, size: number, before: number) {
  const [outer, inner] = [elementCount(whole.slice(0, axis)), elementCount(whole.slice(axis + 1))];
  const [rows, row] = [dimension(whole, axis) * inner, size * inner];
  type Place = Parameters<PlanBuilder['copy']>[0];
  return {
    copyIn: (slab: Place, tensor: Place) =>
      plan.copyBox(
        'copy_f32_f32',
        slab,
        tensor,
        [
          { size: outer, from: row, to: rows },
          { size: row, from: 1, to: 1 },
        ],
        { to: before * inner },
      ),
    copyOut: (tensor: Place, slab: Place) =>
      plan.copyBox(
        'copy_f32_f32',
        tensor,
        slab,
        [
          { size: outer, from: rows, to: row },
          { size: row, from: 1, to: 1 },
        ],
        { from: before * inner },
      ),
  };
}

function stridesOf(shape: Shape): number[] {
  return shape.map((_, axis) => elementCount(shape.slice(axis + 1)));
}
