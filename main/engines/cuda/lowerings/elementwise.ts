/** Element-wise operations. */
import { nth } from '../../../graph/op-definition.ts';
import { elementCount, type Node, type Value } from '../../../graph/program.ts';
import { FLOATS_A_PACK, float, type Held, int, memory, type PlanBuilder } from '../plan.ts';
import type { Lowering } from './lowering.ts';

export const lowerRelu: Lowering<'relu'> = (plan, node) => packwise(plan, node, 'relu');
export const lowerReluGradient: Lowering<'reluGradient'> = (plan, node) => packwise(plan, node, 'relu_gradient');
export const lowerAdd: Lowering<'add'> = (plan, node) => packwise(plan, node, 'add');
export const lowerGelu: Lowering<'gelu'> = (plan, node) => packwise(plan, node, 'gelu');
export const lowerGeluGradient: Lowering<'geluGradient'> = (plan, node) => packwise(plan, node, 'gelu_gradient');

export const lowerDropout: Lowering<'dropout'> = (plan, node) => {
  const [x, noise, y] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.outputs, 0)];
  const { rate } = node.attributes;
  const by = memory(plan.logical(noise));
  if (noise.shape.length === 1 && plan.holds(x).channelsLast) {
    const { batch, packs } = plan.activation(x);
    const to = plan.channelsLastOf(y);
    const counts = [float(rate), int(packs), int(packs / batch)];
    plan.each(`drop_packs_${plan.suffix}`, packs, memory(plan.channelsLast(x)), by, memory(to), ...counts);
    return [{ channelsLast: to }];
  }
  const to = plan.logicalOf(y);
  const count = elementCount(x.shape);
  const counts = [float(rate), int(count), int(count / elementCount(noise.shape))];
  plan.each('dropout', count, memory(plan.logical(x)), by, memory(to), ...counts);
  return [{ logical: to }];
};

export const lowerBroadcastAdd: Lowering<'broadcastAdd'> = (plan, node) => repeated(plan, node, 'repeated_add');
export const lowerMultiply: Lowering<'multiply'> = (plan, node) => repeated(plan, node, 'repeated_multiply');

/**
 * Applies a kernel to tensors of one shape, all in the layout of the first; the padding of an activation stays zero
 * under all of these.
 */
function packwise(plan: PlanBuilder, { inputs, outputs }: Node, kernel: string): Held[] {
  const y = nth(outputs, 0);
  const layout = plan.holds(nth(inputs, 0)).channelsLast ? 'channelsLast' : 'logical';
  const read = inputs.map((input) => memory(plan[layout](input)));
  const to = layout === 'logical' ? plan.logicalOf(y) : plan.channelsLastOf(y);
  const packs = layout === 'logical' ? Math.ceil(elementCount(y.shape) / FLOATS_A_PACK) : plan.activation(y).packs;
  const suffix = layout === 'logical' ? 'f32' : plan.suffix;
  plan.each(`${kernel}_${suffix}`, packs, ...read, memory(to), int(packs));
  return [{ [layout]: to }];
}

function repeated(plan: PlanBuilder, { inputs }: Node, kernel: string): Held[] {
  const [x, y]: [Value, Value] = [nth(inputs, 0), nth(inputs, 1)];
  const to = plan.logicalOf(x);
  const [count, period] = [elementCount(x.shape), elementCount(y.shape)];
  plan.each(kernel, count, memory(plan.logical(x)), memory(plan.logical(y)), memory(to), int(count), int(period));
  return [{ logical: to }];
}
