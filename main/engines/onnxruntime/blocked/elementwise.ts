/** Addition, ReLU and its gradient in the blocked layout, fused into the operation before them where possible. */
import { nth } from '../../../graph/op-definition.ts';
import type { Value } from '../../../graph/program.ts';
import { dimension } from '../../../graph/program.ts';
import type { Lowering } from '../lowering.ts';
import {
  lowerAdamWUpdate,
  lowerAdd,
  lowerDropout,
  lowerExponentialAverage,
  lowerRelu,
  lowerReluGradient,
  lowerSgdAccumulate,
  lowerSgdUpdate,
} from '../plain/elementwise.ts';
import type { BlockedContext } from './blocked-context.ts';

export const lowerBlockedAdd: Lowering<'add', BlockedContext> = (context, node) => {
  const [a, b, sum] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.outputs, 0)];
  if (!context.fits(sum) || !(context.isBlocked(a) || context.isBlocked(b))) return lowerAdd(context, node);
  if (addToPending(context, b, a, sum) || addToPending(context, a, b, sum)) return [undefined];
  context.bindBlocked(sum, context.onnx.node('Add', [context.blocked(a), context.blocked(b)]));
  return [undefined];
};

/**
 * Computes `sum` = `waiting` + `other` in the pass that computes `waiting`; returns false if `waiting` is not deferred.
 */
function addToPending(context: BlockedContext, waiting: Value, other: Value, sum: Value): boolean {
  const pending = context.pending(waiting);
  if (!pending || waiting === other) return false;
  if (pending.kind === 'phases') {
    const phases = context.phases(other);
    if (!phases) return false;
    context.bindPending(sum, { kind: 'phases', emit: () => pending.emit(phases) });
    return true;
  }
  if (pending.kind === 'convolution') {
    context.bindPending(sum, { kind: 'convolution', emit: () => pending.emit(context.blocked(other)) });
    return true;
  }
  // The block's own convolutions need the shortcut's image again, so adding in place requires a copy of it.
  const addend = () =>
    context.pending(other) ? context.blocked(other) : context.copy(context.blocked(other), dimension(sum.shape, 1));
  context.bindPending(sum, { kind: 'affine', emit: (_, relu) => pending.emit(addend(), relu) });
  return true;
}

/** Drops whole images, which works in either layout. */
export const lowerBlockedDropout: Lowering<'dropout', BlockedContext> = (context, node) => {
  const [x, noise, y] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.outputs, 0)];
  if (noise.shape.length > 1 || !context.fits(x) || !context.isBlocked(x)) return lowerDropout(context, node);
  const [kept] = lowerDropout({ onnx: context.onnx, input: inBlocks(context) }, node);
  context.bindBlocked(y, nth([kept], 0));
  return [undefined];
};

function inBlocks(context: BlockedContext): BlockedContext['input'] {
  return (node, index) => {
    const value = nth(node.inputs, index);
    return context.isBlocked(value) ? context.blocked(value) : context.name(value);
  };
}

export const lowerBlockedRelu: Lowering<'relu', BlockedContext> = (context, node) => {
  const [x, y] = [nth(node.inputs, 0), nth(node.outputs, 0)];
  const pending = context.pending(x);
  if (pending?.kind === 'affine') {
    context.bindBlocked(y, pending.emit(undefined, true));
    return [undefined];
  }
  if (!context.fits(x) || !context.isBlocked(x)) return lowerRelu(context, node);
  context.bindBlocked(y, context.onnx.node('Relu', [context.blocked(x)]));
  return [undefined];
};

export const lowerBlockedReluGradient: Lowering<'reluGradient', BlockedContext> = (context, node) => {
  const [dy, y, dx] = [nth(node.inputs, 0), nth(node.inputs, 1), nth(node.outputs, 0)];
  if (!context.fits(y) || !context.isBlocked(y)) return lowerReluGradient(context, node);
  const channels = dimension(y.shape, 1);
  const options = { kernel_shape: [1, 1], group: channels };
  const passes = context.step(context.blocked(y), context.gains(channels, 1), options);
  context.bindBlocked(dx, context.onnx.node('Mul', [passes, context.blocked(dy)]));
  return [undefined];
};

type Update = 'adamwUpdate' | 'sgdUpdate' | 'sgdAccumulate' | 'exponentialAverage';

/** Weights, and what is updated together with them, in the layout they are stored in. */
function inKeptLayout<Kind extends Update>(
  lower: Lowering<Kind, Pick<BlockedContext, 'onnx' | 'input'>>,
): Lowering<Kind, BlockedContext> {
  return (context, node) => {
    if (!context.isFilter(nth(node.outputs, 0))) return lower(context, node);
    const names = lower(inFilterLayout(context), node);
    return node.outputs.map((output, index) => {
      context.bindFilter(output, nth(names, index));
      return undefined;
    });
  };
}

export const lowerBlockedAdamWUpdate = inKeptLayout(lowerAdamWUpdate);
export const lowerBlockedSgdUpdate = inKeptLayout(lowerSgdUpdate);
export const lowerBlockedSgdAccumulate = inKeptLayout(lowerSgdAccumulate);
export const lowerBlockedExponentialAverage = inKeptLayout(lowerExponentialAverage);

/** The same context, but returning weights as they are stored; scalars are unaffected. */
function inFilterLayout(context: BlockedContext): Pick<BlockedContext, 'onnx' | 'input'> {
  const input: BlockedContext['input'] = (node, index) => {
    const value = nth(node.inputs, index);
    return value.shape.length === 4 ? context.filter(value) : context.name(value);
  };
  return { onnx: context.onnx, input };
}
