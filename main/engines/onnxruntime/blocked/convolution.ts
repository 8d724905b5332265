/** Convolution and its input gradient in the blocked layout. */
import { at } from '../../../at.ts';
import { nth } from '../../../graph/op-definition.ts';
import { dimension } from '../../../graph/program.ts';
import type { Lowering } from '../lowering.ts';
import { lowerConv, lowerConvInputGradient } from '../plain/convolution.ts';
import type { BlockedContext, Phases } from './blocked-context.ts';
import { depthwiseConv, depthwiseInputGradient, isDenseDepthwise, isDepthwise } from './depthwise.ts';
import { isBlockable } from './filter-layout.ts';

export const lowerBlockedConv: Lowering<'conv', BlockedContext> = (context, node) => {
  const [x, weight, y] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.outputs, 0)];
  if (isDepthwise(weight.shape, node.attributes, context.block)) {
    depthwiseConv(context, node);
    return [undefined];
  }
  if (!isBlockable(weight.shape, node.attributes, context.block)) return lowerConv(context, node);
  // With fewer channels than a block, the convolution reads straight from the plain layout.
  const image = dimension(x.shape, 1) < context.block ? context.name(x) : context.blocked(x);
  const { strides, padding } = node.attributes;
  const options = { kernel_shape: weight.shape.slice(2), strides, pads: [...padding, ...padding] };
  context.bindBlocked(y, context.conv(image, context.filter(weight), options));
  return [undefined];
};

/**
 * dX: with stride 1, a convolution of dY with the flipped kernel, inputs and outputs exchanged. With a larger stride,
 * one such convolution for each phase of the positions, using the taps that reach that phase.
 */
export const lowerBlockedConvInputGradient: Lowering<'convInputGradient', BlockedContext> = (context, node) => {
  const [dy, weight, dx] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.outputs, 0)];
  const { attributes } = node;
  if (isDenseDepthwise(weight.shape, attributes, context.block)) {
    depthwiseInputGradient(context, node);
    return [undefined];
  }
  const blockable =
    isBlockable(weight.shape, attributes, context.block) && context.fits(dx) && context.isFilter(weight);
  const shape: GradientShape = {
    kernel: dimension(weight.shape, 2),
    stride: at(attributes.strides, 0),
    padding: at(attributes.padding, 0),
    outputs: dimension(weight.shape, 0),
    inputs: dimension(weight.shape, 1),
  };
  if (!blockable) return lowerConvInputGradient(context, node);
  if (shape.stride === 1 && shape.padding < shape.kernel) {
    context.bindPending(dx, {
      kind: 'convolution',
      emit: (sum) => turnedConvolution(context, context.blocked(dy), context.filter(weight), shape, sum),
    });
    return [undefined];
  }
  const phases = phaseTaps(shape, dx.shape, dy.shape);
  if (!phases) return lowerConvInputGradient(context, node);
  context.bindPending(dx, {
    kind: 'phases',
    emit: (sum) => phaseConvolutions(context, context.blocked(dy), context.filter(weight), shape, phases, sum),
  });
  return [undefined];
};

interface GradientShape {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: number;
  readonly outputs: number;
  readonly inputs: number;
}

type Tap = readonly [row: number, column: number];

function turnedConvolution(
  context: BlockedContext,
  dy: string,
  filter: string,
  shape: GradientShape,
  sum: string | undefined,
): string {
  const { kernel, padding } = shape;
  const order = Array.from({ length: kernel }, (_, index) => kernel - 1 - index);
  const taps = order.flatMap((row) => order.map((column): Tap => [row, column]));
  const turned = exchangedFilter(context, filter, shape, taps, [kernel, kernel]);
  const pad = kernel - 1 - padding;
  return context.conv(dy, turned, { kernel_shape: [kernel, kernel], pads: [pad, pad, pad, pad] }, { sum });
}

/** The taps of a filter in the given order, with inputs and outputs exchanged: a filter [I, O, ...size]. */
function exchangedFilter(
  context: BlockedContext,
  filter: string,
  { kernel, outputs, inputs }: GradientShape,
  taps: readonly Tap[],
  size: readonly [number, number],
): string {
  const { block } = context;
  const [outputBlocks, inputBlocks] = [outputs / block, inputs / block];
  const rows: number[] = [];
  for (let input = 0; input < inputBlocks; input++) {
    for (let output = 0; output < outputBlocks; output++) {
      for (const [row, column] of taps) rows.push(((output * inputBlocks + input) * kernel + row) * kernel + column);
    }
  }
  const all = outputBlocks * inputBlocks * kernel * kernel;
  const gathered = context.gatherRows(filter, 1, all, block * block, rows);
  return context.reshape(context.transposeBlocks(gathered, rows.length), [inputs, outputs, ...size]);
}

/** Along one axis, for one phase: which taps reach it, and their offsets from dY's position, ascending. */
type AxisTaps = readonly { readonly tap: number; readonly offset: number }[];

/** The taps of each phase; undefined if the sizes do not split evenly or a phase would need negative padding. */
function phaseTaps(
  { kernel, stride, padding }: GradientShape,
  input: readonly number[],
  output: readonly number[],
): AxisTaps[] | undefined {
  for (const axis of [2, 3]) if (dimension(input, axis) !== stride * dimension(output, axis)) return undefined;
  const phases = Array.from({ length: stride }, (_, phase) => {
    const taps: { tap: number; offset: number }[] = [];
    for (let tap = kernel - 1; tap >= 0; tap--) {
      const offset = (phase + padding - tap) / stride;
      if (Number.isInteger(offset)) taps.push({ tap, offset });
    }
    return taps;
  });
  const padded = phases.every(
    (taps) => taps.length === 0 || ((taps[0]?.offset ?? 0) <= 0 && (taps.at(-1)?.offset ?? 0) >= 0),
  );
  return padded ? phases : undefined;
}

function phaseConvolutions(
  context: BlockedContext,
  dy: string,
  filter: string,
  shape: GradientShape,
  phases: readonly AxisTaps[],
  sum: Phases | undefined,
): Phases {
  const planes = phases.flatMap((rows, row) =>
    phases.map((columns, column) => {
      const before = sum?.planes[row * shape.stride + column];
      if (rows.length === 0 || columns.length === 0) return before;
      const taps = rows.flatMap((r) => columns.map((c): Tap => [r.tap, c.tap]));
      const size: [number, number] = [rows.length, columns.length];
      const pads = [rows[0]?.offset, columns[0]?.offset].map((offset) => -(offset ?? 0));
      const ends = [rows.at(-1)?.offset ?? 0, columns.at(-1)?.offset ?? 0];
      const exchanged = exchangedFilter(context, filter, shape, taps, size);
      return context.conv(dy, exchanged, { kernel_shape: size, pads: [...pads, ...ends] }, { sum: before });
    }),
  );
  return { stride: shape.stride, planes };
}
