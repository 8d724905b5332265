/** Pooling in the blocked layout. */
import { nth } from '../../../graph/op-definition.ts';
import type { WindowAttributes } from '../../../graph/ops/window.ts';
import { dimension } from '../../../graph/program.ts';
import type { Lowering } from '../lowering.ts';
import {
  lowerGlobalAveragePool,
  lowerGlobalAveragePoolGradient,
  lowerMaxPool,
  lowerMaxPoolGradient,
} from '../plain/pooling.ts';
import { BLOCKED_DOMAIN } from './block-size.ts';
import { type BlockedContext, positions } from './blocked-context.ts';
import { oneTap } from './weight-gradient.ts';

export const lowerBlockedMaxPool: Lowering<'maxPool', BlockedContext> = (context, node) => {
  const [x, y] = [nth(node.inputs, 0), nth(node.outputs, 0)];
  if (!context.fits(x) || !isSquare(node.attributes)) return lowerMaxPool(context, node);
  const { kernel, strides, padding } = node.attributes;
  const options = { kernel_shape: kernel, strides, pads: [...padding, ...padding] };
  context.bindBlocked(y, context.onnx.node('MaxPool', [context.blocked(x)], options, BLOCKED_DOMAIN));
  return [undefined];
};

/**
 * For each place of the window in row-major order: where the maximum is at that place (x − y ≥ 0) and at no earlier
 * one, dy goes there; a place always lies in one phase of the image. `rest` is what has not been assigned yet.
 */
export const lowerBlockedMaxPoolGradient: Lowering<'maxPoolGradient', BlockedContext> = (context, node) => {
  const [dy, x, y, dx] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.inputs, 2), nth(node.outputs, 0)];
  const { attributes } = node;
  const [size = 1, stride = 1, padding = 0] = [attributes.kernel[0], attributes.strides[0], attributes.padding[0]];
  const even = [2, 3].every((axis) => dimension(x.shape, axis) === stride * dimension(y.shape, axis));
  if (!context.fits(x) || !isSquare(attributes) || !even) return lowerMaxPoolGradient(context, node);
  const { onnx } = context;
  const channels = dimension(x.shape, 1);
  const [image, pooled] = [context.blocked(x), context.blocked(y)];
  const negative = context.affine(pooled, channels, context.gains(channels, -1));
  const planes: (string | undefined)[] = new Array<undefined>(stride * stride).fill(undefined);
  let rest = context.blocked(dy);
  for (let place = 0; place < size * size; place++) {
    const [row, column] = [Math.floor(place / size) - padding, (place % size) - padding];
    const window = {
      group: channels,
      kernel_shape: [size, size],
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
    };
    const atPlace = oneTap(context, channels, [size, size], place);
    const hit = context.step(image, atPlace, window, { sum: context.copy(negative, channels) }, true);
    const given = onnx.node('Mul', [hit, rest]);
    rest = onnx.node('Sub', [rest, given]);
    const [phaseRow, phaseColumn] = [remainder(row, stride), remainder(column, stride)];
    const plane = phaseRow * stride + phaseColumn;
    const shift: [number, number] = [(row - phaseRow) / stride, (column - phaseColumn) / stride];
    planes[plane] = moved(context, given, channels, shift, planes[plane]);
  }
  context.bindPending(dx, { kind: 'phases', emit: () => ({ stride, planes }) });
  return [undefined];
};

/** `x` shifted down and right by `shift`, added to `sum`. */
function moved(
  context: BlockedContext,
  x: string,
  channels: number,
  [rows, columns]: readonly [number, number],
  sum: string | undefined,
): string {
  const reach = Math.max(Math.abs(rows), Math.abs(columns));
  if (reach === 0 && sum === undefined) return x;
  const size = 2 * reach + 1;
  const filter = oneTap(context, channels, [size, size], (reach - rows) * size + (reach - columns));
  const options = { group: channels, kernel_shape: [size, size], pads: [reach, reach, reach, reach] };
  return context.conv(x, filter, options, { sum });
}

export const lowerBlockedGlobalAveragePool: Lowering<'globalAveragePool', BlockedContext> = (context, node) => {
  const x = nth(node.inputs, 0);
  if (!context.fits(x) || !context.isBlocked(x)) return lowerGlobalAveragePool(context, node);
  return [context.positionMean(context.blocked(x), dimension(x.shape, 0), dimension(x.shape, 1))];
};

export const lowerBlockedGlobalAveragePoolGradient: Lowering<'globalAveragePoolGradient', BlockedContext> = (
  context,
  node,
) => {
  const dx = nth(node.outputs, 0);
  if (!context.fits(dx)) return lowerGlobalAveragePoolGradient(context, node);
  const { onnx, block } = context;
  const area = positions(dx.shape);
  const blocks = (dimension(dx.shape, 0) * dimension(dx.shape, 1)) / block;
  const share = context.reshape(onnx.node('Mul', [context.input(node, 0), onnx.scalar(1 / area)]), [blocks, 1, block]);
  const spread = onnx.node('Expand', [share, onnx.integers([blocks, area, block])]);
  context.bindBlocked(dx, context.reshape(spread, dx.shape));
  return [undefined];
};

function isSquare({ kernel, strides, padding, dilations }: WindowAttributes): boolean {
  return [kernel, strides, padding].every(([first, second]) => first === second) && dilations.every((one) => one === 1);
}

function remainder(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
