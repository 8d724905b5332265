/** Turns pixels into the network's input, in the layout that the first convolution reads. */
import { nth } from '../../../graph/op-definition.ts';
import { dimension } from '../../../graph/program.ts';
import { ints, memory } from '../plan.ts';
import type { Lowering } from './lowering.ts';
import { floatBits } from './tables.ts';

export const lowerSamplePixels: Lowering<'samplePixels'> = (plan, node) => {
  const [pixels, views, shown] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.outputs, 0)];
  const { scale, shift } = node.attributes;
  const { batch, space, rows } = plan.activation(shown);
  const to = plan.channelsLastOf(shown);
  const side = dimension(pixels.shape, pixels.shape.length - 2);
  const shape = ints(batch, space[0], side, space[1], ...[...scale, ...shift].map(floatBits));
  const read = [memory(plan.logical(pixels)), memory(plan.logical(views))];
  plan.each(`sample_pixels_${plan.suffix}`, rows, ...read, memory(to), shape);
  return [{ channelsLast: to }];
};
