/** Element-wise operations, products and updates in standard ONNX operators, for any provider. */
import { at } from '../../../at.ts';
import { nth } from '../../../graph/op-definition.ts';
import type { AdamWAttributes } from '../../../graph/ops/adamw-update.ts';
import type { SgdAttributes } from '../../../graph/ops/sgd-update.ts';
import { elementCount, type Node } from '../../../graph/program.ts';
import type { Lowering, LoweringContext } from '../lowering.ts';
import type { OnnxGraph } from '../onnx-graph.ts';

/** ONNX's number for the type. */
const BOOLEAN = 9;

/** The part of a context that an update needs, so that it can be done in any layout. */
type Inputs = Pick<LoweringContext, 'onnx' | 'input'>;

export const lowerAdd: Lowering<'add'> = (context, node) => [
  context.onnx.node('Add', [context.input(node, 0), context.input(node, 1)]),
];

export const lowerConstant: Lowering<'constant'> = (context, node) => {
  const { onnx } = context;
  const scalar = onnx.scalar(node.attributes.value);
  return [
    node.attributes.shape.length === 0 ? scalar : onnx.node('Expand', [scalar, onnx.integers(node.attributes.shape)]),
  ];
};

export const lowerRelu: Lowering<'relu'> = (context, node) => [context.onnx.node('Relu', [context.input(node, 0)])];

export const lowerReluGradient: Lowering<'reluGradient'> = (context, node) => {
  const { onnx } = context;
  const passes = onnx.node('Greater', [context.input(node, 1), onnx.scalar(0)]);
  return [onnx.node('Where', [passes, context.input(node, 0), onnx.scalar(0)])];
};

export const lowerReshape: Lowering<'reshape'> = (context, node) => [
  context.onnx.node('Reshape', [context.input(node, 0), context.onnx.integers(node.attributes.shape)]),
];

export const lowerPack: Lowering<'pack'> = (context, { inputs }) => {
  const { onnx } = context;
  const flat = inputs.map((input) => onnx.node('Reshape', [context.name(input), onnx.integers([-1])]));
  return [onnx.node('Concat', flat, { axis: 0 })];
};

/** Unpacks several tensors at once: as many as WebGPU, which guarantees eight buffers, can bind beside the input. */
const UNPACKED_AT_ONCE = 7;

export const lowerUnpack: Lowering<'unpack'> = (context, node) => {
  const { onnx } = context;
  const { shapes } = node.attributes;
  const names: string[] = [];
  let first = 0;
  for (let place = 0; place < shapes.length; place += UNPACKED_AT_ONCE) {
    const some = shapes.slice(place, place + UNPACKED_AT_ONCE);
    const lengths = some.map(elementCount);
    const end = first + lengths.reduce((sum, length) => sum + length, 0);
    const part = onnx.slice(context.input(node, 0), { starts: [first], ends: [end], axes: [0] });
    first = end;
    const options = { outputs: some.length };
    const flat = some.length === 1 ? [part] : onnx.nodes('Split', [part, onnx.integers(lengths)], { axis: 0 }, options);
    names.push(...flat.map((name, index) => onnx.node('Reshape', [name, onnx.integers(at(some, index))])));
  }
  return names;
};

export const lowerMatMul: Lowering<'matMul'> = (context, node) => {
  const { onnx } = context;
  const { transposeA, transposeB } = node.attributes;
  const rank = nth(node.inputs, 0).shape.length;
  if (rank === 2) {
    const attributes = { transA: Number(transposeA), transB: Number(transposeB) };
    return [onnx.node('Gemm', [context.input(node, 0), context.input(node, 1)], attributes)];
  }
  const perm = [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2];
  const oriented = (index: number, transposed: boolean) =>
    transposed ? onnx.node('Transpose', [context.input(node, index)], { perm }) : context.input(node, index);
  return [onnx.node('MatMul', [oriented(0, transposeA), oriented(1, transposeB)])];
};

export const lowerLinear: Lowering<'linear'> = (context, node) => {
  const inputs = [0, 1, 2].map((index) => context.input(node, index));
  return [context.onnx.node('Gemm', inputs, { transB: 1 })];
};

export const lowerSumOverBatch: Lowering<'sumOverBatch'> = (context, node) => [
  context.onnx.node('ReduceSum', [context.input(node, 0), context.onnx.integers([0])], { keepdims: 0 }),
];

/** Broadcasts the noise of each image over its numbers, whatever their order. */
function spread(context: Inputs, node: Node<'dropout'>): string {
  const { onnx } = context;
  const [x, noise] = [nth(node.inputs, 0), nth(node.inputs, 1)];
  const own = context.input(node, 1);
  if (noise.shape.length === x.shape.length) return own;
  return onnx.node('Reshape', [
    own,
    onnx.integers([...noise.shape, ...x.shape.slice(noise.shape.length).map(() => 1)]),
  ]);
}

export const lowerDropout: Lowering<'dropout', Inputs> = (context, node) => {
  const { onnx } = context;
  const { rate } = node.attributes;
  const kept = onnx.node('GreaterOrEqual', [spread(context, node), onnx.scalar(rate)]);
  const scaled = onnx.node('Mul', [context.input(node, 0), onnx.scalar(1 / (1 - rate))]);
  return [onnx.node('Where', [kept, scaled, onnx.scalar(0)])];
};

export const lowerSgdUpdate: Lowering<'sgdUpdate', Inputs> = (context, node) =>
  sgdStep(
    context.onnx,
    node.attributes,
    [0, 1, 2, 3].map((index) => context.input(node, index)),
  );

export const lowerSgdAccumulate: Lowering<'sgdAccumulate', Inputs> = (context, node) => {
  const { onnx } = context;
  const [parameter, gradient, velocity, earlier, rate, last] = [0, 1, 2, 3, 4, 5].map((index) =>
    context.input(node, index),
  ) as [string, string, string, string, string, string];
  const sum = onnx.node('Add', [earlier, gradient]);
  const [moved, velocityAfter] = sgdStep(onnx, node.attributes, [parameter, sum, velocity, rate]);
  const isLast = condition(onnx, last);
  return [
    onnx.node('Where', [isLast, moved, parameter]),
    onnx.node('Where', [isLast, velocityAfter, velocity]),
    onnx.node('Where', [isLast, onnx.scalar(0), sum]),
  ];
};

function condition(onnx: OnnxGraph, flag: string): string {
  return onnx.node('Cast', [flag], { to: BOOLEAN });
}

export const lowerAdamWUpdate: Lowering<'adamwUpdate', Inputs> = (context, node) => {
  const { onnx } = context;
  const inputs = node.inputs.map((_, index) => context.input(node, index));
  const [parameter, gradient, first, second, rate, firstCorrection, secondCorrection, earlier, last] = inputs;
  const step = (sum: string) =>
    adamwStep(onnx, node.attributes, {
      ...{ parameter: nth([parameter], 0), gradient: sum, first: nth([first], 0), second: nth([second], 0) },
      ...{ rate: nth([rate], 0), corrections: [nth([firstCorrection], 0), nth([secondCorrection], 0)] },
    });
  if (earlier === undefined) return step(nth([gradient], 0));
  const sum = onnx.node('Add', [earlier, nth([gradient], 0)]);
  const isLast = condition(onnx, nth([last], 0));
  const moved = step(sum).map((after, index) =>
    onnx.node('Where', [isLast, after, nth([parameter, first, second], index)]),
  );
  return [...moved, onnx.node('Where', [isLast, onnx.scalar(0), sum])];
};

interface AdamWStep {
  readonly parameter: string;
  readonly gradient: string;
  readonly first: string;
  readonly second: string;
  readonly rate: string;
  readonly corrections: readonly [string, string];
}

/** Computes the next parameter and moments. */
function adamwStep(
  onnx: OnnxGraph,
  { firstDecay, secondDecay, epsilon, weightDecay, rateFactor = 1 }: AdamWAttributes,
  { parameter, gradient, first, second, rate, corrections }: AdamWStep,
): [string, string, string] {
  const mix = (before: string, now: string, decay: number) =>
    onnx.node('Add', [onnx.node('Mul', [before, onnx.scalar(decay)]), onnx.node('Mul', [now, onnx.scalar(1 - decay)])]);
  const ownRate = scaled(onnx, rate, rateFactor);
  const nextFirst = mix(first, gradient, firstDecay);
  const nextSecond = mix(second, onnx.node('Mul', [gradient, gradient]), secondDecay);
  const spread = onnx.node('Sqrt', [onnx.node('Div', [nextSecond, corrections[1]])]);
  const direction = onnx.node('Div', [
    onnx.node('Div', [nextFirst, corrections[0]]),
    onnx.node('Add', [spread, onnx.scalar(epsilon)]),
  ]);
  const change =
    weightDecay === 0
      ? direction
      : onnx.node('Add', [direction, onnx.node('Mul', [parameter, onnx.scalar(weightDecay)])]);
  return [onnx.node('Sub', [parameter, onnx.node('Mul', [change, ownRate])]), nextFirst, nextSecond];
}

function scaled(onnx: OnnxGraph, rate: string, factor: number): string {
  return factor === 1 ? rate : onnx.node('Mul', [rate, onnx.scalar(factor)]);
}

/** From parameter, gradient, velocity and rate, computes the next parameter and velocity. */
function sgdStep(
  onnx: OnnxGraph,
  { momentum, weightDecay, nesterov, rateFactor = 1 }: SgdAttributes,
  [parameter, gradient, velocity, rate]: readonly (string | undefined)[],
): [string, string] {
  const decayed =
    weightDecay === 0
      ? nth([gradient], 0)
      : onnx.node('Add', [nth([gradient], 0), onnx.node('Mul', [nth([parameter], 0), onnx.scalar(weightDecay)])]);
  const nextVelocity = onnx.node('Add', [onnx.node('Mul', [nth([velocity], 0), onnx.scalar(momentum)]), decayed]);
  const step = nesterov
    ? onnx.node('Add', [decayed, onnx.node('Mul', [nextVelocity, onnx.scalar(momentum)])])
    : nextVelocity;
  const nextParameter = onnx.node('Sub', [
    nth([parameter], 0),
    onnx.node('Mul', [step, scaled(onnx, nth([rate], 0), rateFactor)]),
  ]);
  return [nextParameter, nextVelocity];
}

export const lowerTally: Lowering<'tally'> = (context, node) => {
  const { onnx } = context;
  const [sum, value, begins] = [0, 1, 2].map((index) => context.input(node, index)) as [string, string, string];
  const before = onnx.node('Where', [condition(onnx, begins), onnx.scalar(0), sum]);
  return [onnx.node('Add', [before, onnx.node('Mul', [value, onnx.scalar(node.attributes.weight)])])];
};

export const lowerExponentialAverage: Lowering<'exponentialAverage', Inputs> = (context, node) => {
  const { onnx } = context;
  const { rate, correction } = node.attributes;
  const kept = onnx.node('Mul', [context.input(node, 0), onnx.scalar(1 - rate)]);
  const moved = onnx.node('Add', [kept, onnx.node('Mul', [context.input(node, 1), onnx.scalar(rate * correction)])]);
  if (node.inputs.length < 3) return [moved];
  return [onnx.node('Where', [condition(onnx, context.input(node, 2)), moved, context.input(node, 0)])];
};
