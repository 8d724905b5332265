/** The operations computed in eight bits; all others use the plain lowerings on dequantised numbers. */
import { at } from '../../../at.ts';
import { nth } from '../../../graph/op-definition.ts';
import type { Node } from '../../../graph/program.ts';
import type { Lowering, LoweringTable } from '../lowering.ts';
import { lowerBatchNormInference } from '../plain/batch-norm.ts';
import { window } from '../plain/convolution.ts';
import { lowerAdd, lowerRelu } from '../plain/elementwise.ts';
import { plainLowerings } from '../plain/plain-lowerings.ts';
import type { Int8Context } from './int8-context.ts';

/**
 * Weights use seven bits: two products of 255 · 64 fit into the 16 bits in which processors without VNNI add pairs of
 * them, so that every processor gives the same integers.
 */
const LARGEST_WEIGHT = 64;
/** The largest integer of a bias. */
const LARGEST_BIAS = 2 ** 30;

const lowerConv: Lowering<'conv', Int8Context> = (context, node) => {
  const step = context.plan.steps.get(node);
  if (!step) return plainLowerings.conv(context, node);
  const { onnx } = context;
  const weight = nth(node.inputs, 1);
  const { weights, bias } = folded(context, node, step.norm);
  const { scale } = context.quantised(nth(node.inputs, 0));
  const whole = wholeNumbers(weights, bias, scale);
  const outputs = [bias.length];
  const byChannel = onnx.node(
    'DequantizeLinear',
    [onnx.tensor(weight.shape, whole.weights), onnx.tensor(outputs, whole.scales), onnx.tensor(outputs, whole.zeros)],
    { axis: 0 },
  );
  const biasScales = onnx.tensor(
    outputs,
    whole.scales.map((one) => one * scale),
  );
  const added = onnx.node('DequantizeLinear', [onnx.tensor(outputs, whole.bias), biasScales], { axis: 0 });
  const inputs = [context.input(node, 0), byChannel, added];
  context.bind(step.result, onnx.node('Conv', inputs, window(weight.shape.slice(2), node.attributes)));
  return [undefined];
};

/** A following ReLU is implied by storing the sum unsigned. */
const lowerSum: Lowering<'add', Int8Context> = (context, node) => {
  const step = context.plan.steps.get(node);
  const [sum] = lowerAdd(context, node);
  if (!step) return [sum];
  context.bind(step.result, nth([sum], 0));
  return [undefined];
};

export const int8Lowerings = {
  ...plainLowerings,
  add: lowerSum,
  batchNormInference: (context, node) =>
    context.plan.absorbed.has(node) ? [undefined] : lowerBatchNormInference(context, node),
  conv: lowerConv,
  relu: (context, node) => (context.plan.absorbed.has(node) ? [undefined] : lowerRelu(context, node)),
} satisfies LoweringTable<Int8Context>;

interface Folded {
  /** [Co, …] */
  readonly weights: Float32Array;
  /** [Co] */
  readonly bias: Float32Array;
}

type Four = [Float32Array, Float32Array, Float32Array, Float32Array];

/** The convolution and the following batch norm as one convolution with a bias. */
function folded(context: Int8Context, node: Node<'conv'>, norm: Node<'batchNormInference'> | undefined): Folded {
  const weights = Float32Array.from(context.constant(nth(node.inputs, 1)));
  const channels = nth(nth(node.inputs, 1).shape, 0);
  const bias = new Float32Array(channels);
  if (!norm) return { weights, bias };
  const [scale, shift, mean, variance] = ([1, 2, 3, 4] as const).map((index) =>
    context.constant(nth(norm.inputs, index)),
  ) as Four;
  const length = weights.length / channels;
  for (let channel = 0; channel < channels; channel++) {
    const gain = at(scale, channel) / Math.sqrt(at(variance, channel) + norm.attributes.epsilon);
    for (let index = channel * length; index < (channel + 1) * length; index++)
      weights[index] = at(weights, index) * gain;
    bias[channel] = at(shift, channel) - at(mean, channel) * gain;
  }
  return { weights, bias };
}

interface WholeNumbers {
  readonly weights: Int8Array;
  /** Per output channel. */
  readonly scales: Float32Array;
  readonly zeros: Int8Array;
  /** In units of the channel's scale times the input's. */
  readonly bias: Int32Array;
}

function wholeNumbers(weights: Float32Array, bias: Float32Array, inputScale: number): WholeNumbers {
  const { length: channels } = bias;
  const length = weights.length / channels;
  const scales = new Float32Array(channels);
  const whole = new Int8Array(weights.length);
  for (let channel = 0; channel < channels; channel++) {
    const own = weights.subarray(channel * length, (channel + 1) * length);
    const largest = own.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
    // A channel with tiny weights must not make the integer of its bias exceed 32 bits.
    scales[channel] =
      Math.max(largest / LARGEST_WEIGHT, Math.abs(at(bias, channel)) / (inputScale * LARGEST_BIAS)) || 1;
    const scale = at(scales, channel);
    own.forEach((weight, index) => {
      const rounded = Math.round(weight / scale);
      whole[channel * length + index] = Math.max(-LARGEST_WEIGHT, Math.min(LARGEST_WEIGHT, rounded));
    });
  }
  const wholeBias = Int32Array.from(bias, (one, channel) => Math.round(one / (at(scales, channel) * inputScale)));
  return { weights: whole, scales, zeros: new Int8Array(channels), bias: wholeBias };
}
