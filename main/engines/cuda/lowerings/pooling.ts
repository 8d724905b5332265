/** Pooling and means over activations. */
import { nth } from '../../../graph/op-definition.ts';
import type { WindowAttributes } from '../../../graph/ops/window.ts';
import type { Value } from '../../../graph/program.ts';
import { type Argument, int, ints, memory, type PlanBuilder, threeAxes } from '../plan.ts';
import type { Lowering } from './lowering.ts';

export const lowerMaxPool: Lowering<'maxPool'> = (plan, node) => pool(plan, node, 'max_pool');
export const lowerAveragePool: Lowering<'averagePool'> = (plan, node) => pool(plan, node, 'average_pool');

export const lowerMaxPoolGradient: Lowering<'maxPoolGradient'> = (plan, node) => {
  const [dy, x, y] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.inputs, 2)];
  const dx = plan.channelsLastOf(x);
  const read = [dy, x, y].map((value) => memory(plan.channelsLast(value)));
  const shape = poolShape(plan, x, y, node.attributes);
  plan.each(`max_pool_gradient_${plan.suffix}`, plan.activation(x).packs, ...read, memory(dx), shape);
  return [{ channelsLast: dx }];
};

export const lowerAveragePoolGradient: Lowering<'averagePoolGradient'> = (plan, node) => {
  const [dy, x] = [nth(node.inputs, 0), nth(node.outputs, 0)];
  const dx = plan.channelsLastOf(x);
  const shape = poolShape(plan, x, dy, node.attributes);
  const from = memory(plan.channelsLast(dy));
  plan.each(`average_pool_gradient_${plan.suffix}`, plan.activation(x).packs, from, memory(dx), shape);
  return [{ channelsLast: dx }];
};

export const lowerGlobalAveragePool: Lowering<'globalAveragePool'> = (plan, node) => {
  const x = nth(node.inputs, 0);
  const { batch, packsAPlace } = plan.activation(x);
  const to = plan.logicalOf(nth(node.outputs, 0));
  const from = memory(plan.channelsLast(x));
  plan.each(`global_mean_${plan.suffix}`, batch * packsAPlace, from, memory(to), ...meanSizes(plan, x));
  return [{ logical: to }];
};

export const lowerGlobalAveragePoolGradient: Lowering<'globalAveragePoolGradient'> = (plan, node) => {
  const dx = nth(node.outputs, 0);
  const to = plan.channelsLastOf(dx);
  const from = memory(plan.logical(nth(node.inputs, 0)));
  const { packs } = plan.activation(dx);
  plan.each(`global_mean_gradient_${plan.suffix}`, packs, from, memory(to), ...meanSizes(plan, dx));
  return [{ channelsLast: to }];
};

function meanSizes(plan: PlanBuilder, x: Value): Argument[] {
  const { batch, places, channels, packsAPlace } = plan.activation(x);
  return [int(batch), int(places), int(channels), int(packsAPlace)];
}

function pool(
  plan: PlanBuilder,
  node: Parameters<Lowering<'maxPool'>>[1] | Parameters<Lowering<'averagePool'>>[1],
  kernel: string,
) {
  const [x, y] = [nth(node.inputs, 0), nth(node.outputs, 0)];
  const to = plan.channelsLastOf(y);
  const from = memory(plan.channelsLast(x));
  const shape = poolShape(plan, x, y, node.attributes);
  plan.each(`${kernel}_${plan.suffix}`, plan.activation(y).packs, from, memory(to), shape);
  return [{ channelsLast: to }];
}

function poolShape(
  plan: PlanBuilder,
  x: Value,
  y: Value,
  { kernel, strides, padding, dilations }: WindowAttributes,
): Argument {
  const [input, output] = [plan.activation(x), plan.activation(y)];
  return ints(
    input.batch,
    ...[...input.space, ...output.space, ...threeAxes(kernel, 1)],
    ...[...threeAxes(strides, 1), ...threeAxes(padding, 0), ...threeAxes(dilations, 1)],
    input.packsAPlace,
  );
}
