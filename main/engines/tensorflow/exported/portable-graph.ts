/**
 * An inference program as a graph for TensorFlow.js: standard operators, separate weights, any batch size. As in the
 * engine beside it, a value is held with its channels last from one convolution to the next, and transposed only where
 * something reads it the other way; weights are transposed once, here.
 */
import { at } from '../../../at.ts';
import { nth } from '../../../graph/op-definition.ts';
import type { OpKind } from '../../../graph/ops/operations.ts';
import { type AnyNode, elementCount, type Node, type Program, type Shape, type Value } from '../../../graph/program.ts';
import type { Tensors } from '../../engine.ts';
import { flag, GraphDef, integers, number, text } from './graph-def.ts';

/** The names of one value in one of its layouts or in both. */
interface Held {
  logical?: string;
  channelsLast?: string;
}

/** How pixels (0 to 255) become what the network takes: (pixel / 255 − mean) / deviation, for each channel. */
export interface PixelScale {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** Below anything that a network computes, and still representable in a graphics card's reduced precision. */
const NOTHING = -3e38;

class GraphContext {
  readonly graph = new GraphDef();
  readonly #held = new Map<number, Held>();
  readonly #weights = new Map<number, { readonly name: string; readonly data: Float32Array }>();

  bind(value: Value, held: Held): void {
    this.#held.set(value.id, held);
  }

  bindWeight(value: Value, name: string, data: Float32Array): void {
    this.#weights.set(value.id, { name, data });
  }

  weight({ id }: Value): { readonly name: string; readonly data: Float32Array } {
    const weight = this.#weights.get(id);
    if (!weight) throw new Error(`value ${id} is no weight`);
    return weight;
  }

  logical(value: Value): string {
    const weight = this.#weights.get(value.id);
    if (weight) return this.graph.weight(weight.name, value.shape, weight.data);
    const held = this.#of(value);
    held.logical ??= this.#turned(held.channelsLast, [0, 3, 1, 2]);
    return held.logical;
  }

  channelsLast(value: Value): string {
    const held = this.#of(value);
    held.channelsLast ??= this.#turned(held.logical, [0, 2, 3, 1]);
    return held.channelsLast;
  }

  /** All in the layout of the first one. */
  alike(values: readonly Value[]): { readonly layout: keyof Held; readonly names: readonly string[] } {
    const first = nth(values, 0);
    const layout = !this.#weights.has(first.id) && this.#of(first).channelsLast ? 'channelsLast' : 'logical';
    return { layout, names: values.map((value) => this[layout](value)) };
  }

  #of(value: Value): Held {
    const held = this.#held.get(value.id);
    if (!held) throw new Error(`value ${value.id} is used before it is made`);
    return held;
  }

  #turned(name: string | undefined, order: readonly number[]): string {
    if (name === undefined) throw new Error('a value is held in no layout');
    return this.graph.node('Transpose', [name, this.graph.integers(order)]);
  }
}

type Lowering<Kind extends OpKind> = (context: GraphContext, node: Node<Kind>) => readonly Held[];

const conv: Lowering<'conv'> = (context, node) => {
  const { graph } = context;
  const { strides, padding, dilations, groups } = node.attributes;
  const [x, weight] = [nth(node.inputs, 0), nth(node.inputs, 1)];
  const [outputs, inputs, rows, columns] = weight.shape as [number, number, number, number];
  const { name, data } = context.weight(weight);
  const attributes = {
    strides: integers([1, ...strides, 1]),
    padding: text('EXPLICIT'),
    explicit_paddings: integers([0, 0, ...padding.flatMap((size) => [size, size]), 0, 0]),
    dilations: integers([1, ...dilations, 1]),
    data_format: text('NHWC'),
  };
  if (groups > 1 && inputs === 1 && outputs === groups) {
    const filter = graph.weight(name, [rows, columns, groups, 1], turnedFilter(data, weight.shape, true));
    return [{ channelsLast: graph.node('DepthwiseConv2dNative', [context.channelsLast(x), filter], attributes) }];
  }
  const share = outputs / groups;
  const parts = Array.from({ length: groups }, (_, group) => {
    const own = data.subarray(group * share * inputs * rows * columns, (group + 1) * share * inputs * rows * columns);
    const turned = turnedFilter(own, [share, inputs, rows, columns], false);
    return graph.weight(groups === 1 ? name : `${name}.${group}`, [rows, columns, inputs, share], turned);
  });
  if (groups === 1) {
    return [{ channelsLast: graph.node('Conv2D', [context.channelsLast(x), at(parts, 0)], attributes) }];
  }
  const own = split(
    graph,
    context.channelsLast(x),
    3,
    Array.from(parts, () => inputs),
  );
  const made = parts.map((filter, group) => graph.node('Conv2D', [at(own, group), filter], attributes));
  return [{ channelsLast: joined(graph, made, 3) }];
};

/** [Co, Ci, height, width] → [height, width, Ci, Co]; for a depthwise filter → [height, width, Co, 1]. */
function turnedFilter(data: Float32Array, shape: Shape, depthwise: boolean): Float32Array {
  const [outputs, inputs, rows, columns] = shape as [number, number, number, number];
  const turned = new Float32Array(data.length);
  const places = rows * columns;
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      for (let place = 0; place < places; place++) {
        const to = depthwise ? place * outputs + output : (place * inputs + input) * outputs + output;
        turned[to] = data[(output * inputs + input) * places + place] as number;
      }
    }
  }
  return turned;
}

function split(graph: GraphDef, name: string, axis: number, parts: readonly number[]): string[] {
  const made = graph.node('SplitV', [name, graph.integers(parts), graph.integer(axis)], {
    num_split: number(parts.length),
  });
  return parts.map((_, index) => (index === 0 ? made : `${made}:${index}`));
}

function joined(graph: GraphDef, names: readonly string[], axis: number): string {
  return graph.node('ConcatV2', [...names, graph.integer(axis)], { N: number(names.length) });
}

/** The padding is explicit, since TensorFlow's pools have none of their own. */
const maxPool: Lowering<'maxPool'> = (context, node) => {
  const { graph } = context;
  const { kernel, strides, padding, dilations } = node.attributes;
  if (dilations.some((step) => step !== 1)) throw new Error('TensorFlow has no dilated pools');
  const x = context.channelsLast(nth(node.inputs, 0));
  const padded = padding.every((size) => size === 0)
    ? x
    : graph.node('PadV2', [x, around(graph, [0, ...padding, 0]), graph.scalar(NOTHING)]);
  const attributes = {
    ksize: integers([1, ...kernel, 1]),
    strides: integers([1, ...strides, 1]),
    padding: text('VALID'),
  };
  return [{ channelsLast: graph.node('MaxPool', [padded], attributes) }];
};

/** Padding sizes before and behind, axis by axis. */
function around(graph: GraphDef, before: readonly number[], after = before): string {
  const sizes = before.flatMap((size, axis) => [size, at(after, axis)]);
  return graph.weight(`around_${sizes.join('_')}`, [before.length, 2], Int32Array.from(sizes));
}

const batchNormInference: Lowering<'batchNormInference'> = (context, node) => {
  const [x, ...statistics] = node.inputs;
  const names = statistics.map((value) => context.logical(value));
  const attributes = { epsilon: number(node.attributes.epsilon), is_training: flag(false), data_format: text('NHWC') };
  const made = context.graph.node('FusedBatchNormV3', [context.channelsLast(nth([x], 0)), ...names], attributes);
  return [{ channelsLast: made }];
};

const add: Lowering<'add'> = (context, node) => {
  const { layout, names } = context.alike(node.inputs);
  return [{ [layout]: context.graph.node('AddV2', names) }];
};

const relu: Lowering<'relu'> = (context, node) => {
  const { layout, names } = context.alike(node.inputs);
  return [{ [layout]: context.graph.node('Relu', names) }];
};

/** x · Φ(x), by the error function. */
const gelu: Lowering<'gelu'> = (context, node) => {
  const { graph } = context;
  const { layout, names } = context.alike(node.inputs);
  const x = at(names, 0);
  const error = graph.node('Erf', [graph.node('Mul', [x, graph.scalar(Math.SQRT1_2)])]);
  const share = graph.node('Mul', [graph.node('AddV2', [error, graph.scalar(1)]), graph.scalar(0.5)]);
  return [{ [layout]: graph.node('Mul', [x, share]) }];
};

const layerNorm: Lowering<'layerNorm'> = (context, node) => {
  const { graph } = context;
  const [x, scale, bias] = inputsOf(context, node) as [string, string, string];
  const meanOf = (name: string) => graph.node('Mean', [name, graph.integers([-1])], { keep_dims: flag(true) });
  const centred = graph.node('Sub', [x, meanOf(x)]);
  const variance = meanOf(graph.node('Square', [centred]));
  const inverse = graph.node('Rsqrt', [graph.node('AddV2', [variance, graph.scalar(node.attributes.epsilon)])]);
  const normal = graph.node('Mul', [centred, inverse]);
  return [{ logical: graph.node('AddV2', [graph.node('Mul', [normal, scale]), bias]) }];
};

/** An image with its channels last is the same data as rows of channels: converting either way moves nothing. */
const transpose: Lowering<'transpose'> = (context, node) => {
  const { order } = node.attributes;
  const x = nth(node.inputs, 0);
  if (order.join() === '0,2,3,1') return [{ logical: context.channelsLast(x) }];
  if (order.join() === '0,3,1,2') return [{ channelsLast: context.logical(x) }];
  return [{ logical: context.graph.node('Transpose', [context.logical(x), context.graph.integers(order)]) }];
};

/** The batch stays in the first axis, alone or multiplied by other axes that become rows. */
const reshape: Lowering<'reshape'> = (context, node) => {
  const [, ...rest] = node.attributes.shape;
  const inputs = [context.logical(nth(node.inputs, 0)), context.graph.integers([-1, ...rest])];
  return [{ logical: context.graph.node('Reshape', inputs) }];
};

const pad: Lowering<'pad'> = (context, node) => {
  const { axis, before, after } = node.attributes;
  const x = nth(node.inputs, 0);
  const along = (size: number) => x.shape.map((_, place) => (place === axis ? size : 0));
  const sizes = around(context.graph, along(before), along(after));
  return [{ logical: context.graph.node('PadV2', [context.logical(x), sizes, context.graph.scalar(0)]) }];
};

const constant: Lowering<'constant'> = ({ graph }, { attributes: { shape, value } }) => {
  const data = new Float32Array(elementCount(shape)).fill(value);
  return [{ logical: graph.weight(`constant_${shape.join('_')}_${value}`.replaceAll('-', 'm'), shape, data) }];
};

const elementwise =
  (op: string) =>
  (context: GraphContext, node: Node): readonly Held[] => [
    { logical: context.graph.node(op, inputsOf(context, node)) },
  ];

/** The operations used in inference. */
const lowerings = {
  conv,
  batchNormInference,
  add,
  relu,
  gelu,
  layerNorm,
  transpose,
  reshape,
  pad,
  constant,
  maxPool,
  broadcastAdd: elementwise('AddV2'),
  multiply: elementwise('Mul'),
  softmax: elementwise('Softmax'),
  globalAveragePool: (context, node) => {
    const mean = [context.channelsLast(nth(node.inputs, 0)), context.graph.integers([1, 2])];
    return [{ logical: context.graph.node('Mean', mean, { keep_dims: flag(false) }) }];
  },
  linear: (context, node) => {
    const [x, weight, bias] = inputsOf(context, node) as [string, string, string];
    const product = context.graph.node('MatMul', [x, weight], { transpose_a: flag(false), transpose_b: flag(true) });
    return [{ logical: context.graph.node('AddV2', [product, bias]) }];
  },
  matMul: (context, node) => {
    const { transposeA, transposeB } = node.attributes;
    const attributes = { adj_x: flag(transposeA), adj_y: flag(transposeB) };
    return [{ logical: context.graph.node('BatchMatMulV2', inputsOf(context, node), attributes) }];
  },
  concat: (context, node) => [{ logical: joined(context.graph, inputsOf(context, node), node.attributes.axis) }],
  split: (context, node) => {
    const { axis, sizes } = node.attributes;
    return split(context.graph, context.logical(nth(node.inputs, 0)), axis, sizes).map((logical) => ({ logical }));
  },
} satisfies { readonly [Kind in OpKind]?: Lowering<Kind> };

function inputsOf(context: GraphContext, { inputs }: Node): string[] {
  return inputs.map((input) => context.logical(input));
}

/**
 * `program` has one input, images [batch, 3, size, size], and no state that changes; the first dimension of its outputs
 * is the batch. The graph takes images [batch, size, size, 3]: already normalised, or as integers if `pixels` is given.
 */
export function portableGraph(program: Program, weights: Tensors, pixels: PixelScale | undefined): GraphDef {
  const context = new GraphContext();
  const { graph } = context;
  for (const [name, value] of program.inputs) {
    const [, channels, height, width] = value.shape as [number, number, number, number];
    const shape = [-1, height, width, channels];
    const taken = pixels
      ? scaled(graph, graph.input('pixels', shape, 'int32'), pixels)
      : graph.input(name, shape, 'float32');
    context.bind(value, { channelsLast: taken });
  }
  for (const { name, value } of program.state) {
    const data = weights.get(name);
    if (!(data instanceof Float32Array)) throw new Error(`the weights have no tensor ${name}`);
    context.bindWeight(value, name, data);
  }
  for (const node of program.nodes) {
    const made = lowered(context, node);
    node.outputs.forEach((output, index) => {
      context.bind(output, at(made, index));
    });
  }
  for (const [name, value] of program.outputs)
    graph.output(name, context.logical(value), [-1, ...value.shape.slice(1)]);
  return graph;
}

function lowered(context: GraphContext, node: AnyNode): readonly Held[] {
  const lowering = Object.hasOwn(lowerings, node.kind) ? lowerings[node.kind as keyof typeof lowerings] : undefined;
  if (!lowering) throw new Error(`an inference program has no ${node.kind}`);
  // The table's entry for a kind takes nodes of that kind; TypeScript cannot follow that through the union.
  return (lowering as Lowering<OpKind>)(context, node);
}

function scaled(graph: GraphDef, pixels: string, { mean, deviation }: PixelScale): string {
  const levels = graph.node('Cast', [pixels], { SrcT: { type: 'DT_INT32' }, DstT: { type: 'DT_FLOAT' } });
  const scale = graph.weight(
    'pixel_scale',
    [3],
    Float32Array.from(deviation, (value) => 1 / (255 * value)),
  );
  const shift = graph.weight(
    'pixel_shift',
    [3],
    Float32Array.from(mean, (value, channel) => -value / at(deviation, channel)),
  );
  return graph.node('AddV2', [graph.node('Mul', [levels, scale]), shift]);
}
