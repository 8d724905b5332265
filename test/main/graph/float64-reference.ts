/**
 * The result of every operation, in float64 and with the simplest loops: the reference for engines. Gradient operations
 * are not included: they are compared with finite differences of these.
 */
import type { Operations, OpKind } from '../../../main/graph/ops/operations.ts';
import type { WindowAttributes } from '../../../main/graph/ops/window.ts';
import { elementCount, type Shape } from '../../../main/graph/program.ts';
import { type ViewLine, viewLines } from '../../../main/view-lines.ts';

export interface Tensor64 {
  readonly shape: Shape;
  readonly data: Float64Array;
}

type Reference<Kind extends OpKind> = (
  inputs: readonly Tensor64[],
  attributes: Operations[Kind]['attributes'],
  outputs: readonly Shape[],
) => Float64Array[];

export type DifferentiatedKind = Exclude<OpKind, `${string}Gradient`>;

const at = (values: ArrayLike<number>, index: number): number => values[index] ?? 0;
const first = (inputs: readonly Tensor64[]): Tensor64 => inputs[0] as Tensor64;
const second = (inputs: readonly Tensor64[]): Tensor64 => inputs[1] as Tensor64;

/** The two pixels of a line that a position lies between, each with its weight. */
function pixelsBetween(place: number): readonly (readonly [number, number])[] {
  const low = Math.floor(place);
  return [
    [low, 1 - (place - low)],
    [low + 1, place - low],
  ];
}

/** Complete by type: a new operation does not compile until it has its reference. */
export const references: { readonly [Kind in DifferentiatedKind]: Reference<Kind> } = {
  adamwUpdate: (inputs, attributes) => {
    const [p, g, m, v, rate, firstCorrection, secondCorrection, earlier, last] = inputs.map(({ data }) => data);
    const sum = earlier ? earlier.map((value, index) => value + at(g ?? [], index)) : (g as Float64Array);
    const before = [p, m, v] as Float64Array[];
    if (earlier && last?.[0] === 0) return [...before.map((data) => data.slice()), sum];
    const scalars = [rate, firstCorrection, secondCorrection].map((scalar) => at(scalar ?? [], 0));
    const after = adamwStep(before, sum, scalars, attributes);
    return earlier ? [...after, new Float64Array(sum.length)] : after;
  },
  add: (inputs) => [first(inputs).data.map((value, index) => value + at(second(inputs).data, index))],
  averagePool: (inputs, attributes, outputs) => [
    pool(
      first(inputs),
      attributes,
      outputs,
      (window) => window.reduce((sum, value) => sum + value, 0) / elementCount(attributes.kernel),
      0,
    ),
  ],
  batchNormInference: ([x, scale, bias, mean, variance], { epsilon }) => {
    const { shape, data } = x as Tensor64;
    return [
      data.map((value, index) => {
        const c = channelOf(shape, index);
        const centred = value - at(mean?.data ?? [], c);
        return (
          (centred / Math.sqrt(at(variance?.data ?? [], c) + epsilon)) * at(scale?.data ?? [], c) +
          at(bias?.data ?? [], c)
        );
      }),
    ];
  },
  batchNormTraining: ([x, scale, bias], { epsilon }) => {
    const { shape, data } = x as Tensor64;
    const channels = at(shape, 1);
    const count = data.length / channels;
    const [mean, variance] = [new Float64Array(channels), new Float64Array(channels)];
    data.forEach((value, index) => {
      mean[channelOf(shape, index)] = at(mean, channelOf(shape, index)) + value / count;
    });
    data.forEach((value, index) => {
      const c = channelOf(shape, index);
      variance[c] = at(variance, c) + (value - at(mean, c)) ** 2 / count;
    });
    const y = data.map((value, index) => {
      const c = channelOf(shape, index);
      return (
        ((value - at(mean, c)) / Math.sqrt(at(variance, c) + epsilon)) * at(scale?.data ?? [], c) +
        at(bias?.data ?? [], c)
      );
    });
    return [y, mean, variance];
  },
  constant: (_inputs, { shape, value }) => [new Float64Array(elementCount(shape)).fill(value)],
  conv: (inputs, attributes, outputs) => [convolve(first(inputs), second(inputs), attributes, outputs[0] ?? [])],
  countCorrect: ([logits, labels]) => {
    const { shape, data } = logits as Tensor64;
    const rows = Array.from({ length: at(shape, 0) }, (_, row) =>
      data.slice(row * at(shape, 1), (row + 1) * at(shape, 1)),
    );
    return [Float64Array.of(rows.filter((row, index) => row.indexOf(Math.max(...row)) === labels?.data[index]).length)];
  },
  dropout: (inputs, { rate }) => {
    const [x, noise] = [first(inputs).data, second(inputs).data];
    const together = x.length / noise.length;
    return [x.map((value, index) => (at(noise, Math.floor(index / together)) >= rate ? value / (1 - rate) : 0))];
  },
  exponentialAverage: (inputs, { rate, correction }) => {
    if (inputs.length === 3 && inputs[2]?.data[0] === 0) return [first(inputs).data.slice()];
    const moved = (value: number, index: number) =>
      (1 - rate) * value + rate * correction * at(second(inputs).data, index);
    return [first(inputs).data.map(moved)];
  },
  globalAveragePool: (inputs) => {
    const { shape, data } = first(inputs);
    const area = elementCount(shape.slice(2));
    const means = new Float64Array(data.length / area);
    data.forEach((value, index) => {
      means[Math.floor(index / area)] = at(means, Math.floor(index / area)) + value / area;
    });
    return [means];
  },
  linear: ([x, weight, bias]) => {
    const product = multiply(x as Tensor64, weight as Tensor64, false, true);
    const width = weight?.shape[0] ?? 1;
    return [product.map((value, index) => value + at(bias?.data ?? [], index % width))];
  },
  matMul: (inputs, { transposeA, transposeB }) => {
    const [a, b] = [matrices(first(inputs)), matrices(second(inputs))];
    const products = a.map((one, index) => multiply(one, b[index] as Tensor64, transposeA, transposeB));
    return [Float64Array.from(products.flatMap((product) => [...product]))];
  },
  maxPool: (inputs, attributes, outputs) => [
    pool(first(inputs), attributes, outputs, (window) => Math.max(...window), Number.NEGATIVE_INFINITY),
  ],
  pack: (inputs) => [Float64Array.from(inputs.flatMap(({ data }) => [...data]))],
  relu: (inputs) => [first(inputs).data.map((value) => Math.max(value, 0))],
  reshape: (inputs) => [first(inputs).data.slice()],
  samplePixels: ([pixels, views], { scale, shift }, [shown = []]) => {
    const { shape, data } = pixels as Tensor64;
    const [frames, side, size] = [
      shape.length === 5 ? at(shape, 1) : 1,
      at(shape, shape.length - 2),
      at(shown, shown.length - 1),
    ];
    return [
      Float64Array.from({ length: elementCount(shown) }, (_, index) => {
        const [x, y] = [index % size, Math.floor(index / size) % size];
        const plane = Math.floor(index / size ** 2);
        const [frame, c, n] = [plane % frames, Math.floor(plane / frames) % 3, Math.floor(plane / frames / 3)];
        const of = (line: ViewLine, place: number) =>
          at(views?.data ?? [], (n * viewLines.length + viewLines.indexOf(line)) * size + place);
        if (of('erasedRows', y) === 1 && of('erasedColumns', x) === 1) return 0;
        let level = 0;
        for (const [row, share] of pixelsBetween(of('rows', y)))
          for (const [column, part] of pixelsBetween(of('columns', x)))
            level += share * part * at(data, (((n * frames + frame) * side + row) * side + column) * 3 + c);
        return level * at(scale, c) + at(shift, c);
      }),
    ];
  },
  sgdAccumulate: ([parameter, gradient, velocity, earlier, rate, last], attributes) => {
    const [p, v] = [parameter as Tensor64, velocity as Tensor64];
    const sum = (earlier as Tensor64).data.map((value, index) => value + at(gradient?.data ?? [], index));
    if (last?.data[0] === 0) return [p.data.slice(), v.data.slice(), sum];
    return [...sgdStep(p.data, sum, v.data, at(rate?.data ?? [], 0), attributes), new Float64Array(sum.length)];
  },
  sgdUpdate: ([parameter, gradient, velocity, rate], attributes) => {
    const [p, g, v] = [parameter, gradient, velocity].map((tensor) => (tensor as Tensor64).data);
    return sgdStep(p as Float64Array, g as Float64Array, v as Float64Array, at(rate?.data ?? [], 0), attributes);
  },
  softmax: (inputs) => [softmaxRows(first(inputs))],
  softmaxCrossEntropy: ([logits, targets], { labelSmoothing }) => {
    const { shape, data } = logits as Tensor64;
    const [batch, classes] = [at(shape, 0), at(shape, 1)];
    const probabilities = softmaxRows({ shape, data });
    const hard = targets?.shape.length === 1;
    let loss = 0;
    probabilities.forEach((probability, index) => {
      const [image, classId] = [Math.floor(index / classes), index % classes];
      const target = hard ? Number(at(targets?.data ?? [], image) === classId) : at(targets?.data ?? [], index);
      loss -= ((1 - labelSmoothing) * target + labelSmoothing / classes) * Math.log(probability);
    });
    return [Float64Array.of(loss / batch)];
  },
  tally: ([sum, value, begins], { weight }) => [
    Float64Array.of(weight * at(value?.data ?? [], 0) + (begins?.data[0] === 1 ? 0 : at(sum?.data ?? [], 0))),
  ],
  sumOverBatch: (inputs) => {
    const { shape, data } = first(inputs);
    const length = elementCount(shape.slice(1));
    const sums = new Float64Array(length);
    data.forEach((value, index) => {
      sums[index % length] = at(sums, index % length) + value;
    });
    return [sums];
  },
  broadcastAdd: (inputs) => [
    first(inputs).data.map((value, index) => value + at(second(inputs).data, index % second(inputs).data.length)),
  ],
  concat: (inputs, { axis }, outputs) => [
    Float64Array.from(coordinates(outputs[0] ?? []), (coordinate) => {
      let position = at(coordinate, axis);
      const part = inputs.find(({ shape }) => {
        if (position < at(shape, axis)) return true;
        position -= at(shape, axis);
        return false;
      }) as Tensor64;
      return at(part.data, flatIndex(part.shape, coordinate.with(axis, position)));
    }),
  ],
  gelu: (inputs) => [first(inputs).data.map((value) => 0.5 * value * (1 + erf(value * Math.SQRT1_2)))],
  layerNorm: ([x, scale, bias], { epsilon }) => {
    const { shape, data } = x as Tensor64;
    const channels = at(shape, shape.length - 1);
    const y = data.slice();
    for (let row = 0; row < data.length; row += channels) {
      const values = data.subarray(row, row + channels);
      const mean = values.reduce((sum, value) => sum + value / channels, 0);
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2 / channels, 0);
      for (let c = 0; c < channels; c++) {
        const normal = (at(values, c) - mean) / Math.sqrt(variance + epsilon);
        y[row + c] = normal * at(scale?.data ?? [], c) + at(bias?.data ?? [], c);
      }
    }
    return [y];
  },
  multiply: (inputs) => [
    first(inputs).data.map((value, index) => value * at(second(inputs).data, index % second(inputs).data.length)),
  ],
  pad: (inputs, { axis, before }, outputs) => [
    Float64Array.from(coordinates(outputs[0] ?? []), (coordinate) => {
      const position = at(coordinate, axis) - before;
      const { shape, data } = first(inputs);
      if (position < 0 || position >= at(shape, axis)) return 0;
      return at(data, flatIndex(shape, coordinate.with(axis, position)));
    }),
  ],
  split: (inputs, { axis, sizes }, outputs) => {
    const { shape, data } = first(inputs);
    return outputs.map((output, part) => {
      const start = sizes.slice(0, part).reduce((sum, size) => sum + size, 0);
      return Float64Array.from(coordinates(output), (coordinate) =>
        at(data, flatIndex(shape, coordinate.with(axis, at(coordinate, axis) + start))),
      );
    });
  },
  transpose: (inputs, { order }, outputs) => [
    Float64Array.from(coordinates(outputs[0] ?? []), (coordinate) => {
      const { shape, data } = first(inputs);
      return at(
        data,
        flatIndex(
          shape,
          shape.map((_, axis) => at(coordinate, order.indexOf(axis))),
        ),
      );
    }),
  ],
  unpack: ([packed], { shapes }) => {
    let end = 0;
    return shapes.map((shape) => {
      const first = end;
      end += elementCount(shape);
      return packed?.data.slice(first, end) ?? new Float64Array();
    });
  },
};

function sgdStep(
  parameter: Float64Array,
  gradient: Float64Array,
  velocity: Float64Array,
  rate: number,
  { momentum, weightDecay, nesterov, rateFactor = 1 }: Operations['sgdUpdate']['attributes'],
): Float64Array[] {
  const decayed = parameter.map((value, index) => at(gradient, index) + weightDecay * value);
  const moved = decayed.map((value, index) => momentum * at(velocity, index) + value);
  const step = nesterov ? decayed.map((value, index) => value + momentum * at(moved, index)) : moved;
  return [parameter.map((value, index) => value - rateFactor * rate * at(step, index)), moved];
}

function adamwStep(
  [parameter, first, second]: readonly Float64Array[],
  gradient: Float64Array,
  [rate, firstCorrection, secondCorrection]: readonly number[],
  { firstDecay, secondDecay, epsilon, weightDecay, rateFactor = 1 }: Operations['adamwUpdate']['attributes'],
): Float64Array[] {
  const ownRate = Number(rate) * rateFactor;
  const m = gradient.map((g, index) => firstDecay * at(first ?? [], index) + (1 - firstDecay) * g);
  const v = gradient.map((g, index) => secondDecay * at(second ?? [], index) + (1 - secondDecay) * g * g);
  const moved = gradient.map((_, index) => {
    const decayed = at(parameter ?? [], index) * (1 - ownRate * weightDecay);
    const spread = Math.sqrt(at(v, index) / Number(secondCorrection)) + epsilon;
    return decayed - (ownRate * (at(m, index) / Number(firstCorrection))) / spread;
  });
  return [moved, m, v];
}

/** Its alternating series, which converges everywhere; accurate to 1e-12 for normally distributed arguments. */
function erf(x: number): number {
  let [term, sum] = [x, x];
  for (let n = 1; n < 200; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

function flatIndex(shape: Shape, coordinate: readonly number[]): number {
  return shape.reduce((index, size, axis) => index * size + at(coordinate, axis), 0);
}

function channelOf(shape: Shape, index: number): number {
  return Math.floor(index / elementCount(shape.slice(2))) % at(shape, 1);
}

/** All coordinates of a shape, row-major. */
function* coordinates(shape: Shape): Generator<number[]> {
  for (let index = 0; index < elementCount(shape); index++) {
    let rest = index;
    yield [...shape]
      .reverse()
      .map((size) => {
        const coordinate = rest % size;
        rest = Math.floor(rest / size);
        return coordinate;
      })
      .reverse();
  }
}

/** The index in the input of a window's element, undefined in the padding. */
function place(
  out: readonly number[],
  tap: readonly number[],
  spatial: Shape,
  window: Omit<WindowAttributes, 'kernel'>,
): number | undefined {
  let index = 0;
  for (let axis = 0; axis < spatial.length; axis++) {
    const position =
      at(out, axis) * at(window.strides, axis) + at(tap, axis) * at(window.dilations, axis) - at(window.padding, axis);
    if (position < 0 || position >= at(spatial, axis)) return undefined;
    index = index * at(spatial, axis) + position;
  }
  return index;
}

/**
 * Finite differences call this a thousand times per case: window positions are computed once, for all images and
 * channels.
 */
function convolve(
  x: Tensor64,
  weight: Tensor64,
  attributes: Operations['conv']['attributes'],
  output: Shape,
): Float64Array {
  const spatial = x.shape.slice(2);
  const area = elementCount(spatial);
  const [images, channels] = [at(output, 0), at(output, 1)];
  const perGroup = at(weight.shape, 1);
  const outPerGroup = channels / attributes.groups;
  const windows = windowPlaces(weight.shape.slice(2), output.slice(2), spatial, attributes);
  const taps = elementCount(weight.shape.slice(2));
  const [xs, weights] = [x.data, weight.data];
  const sums = new Float64Array(elementCount(output));
  let next = 0;
  for (let image = 0; image < images; image++) {
    for (let channel = 0; channel < channels; channel++) {
      const group = Math.floor(channel / outPerGroup);
      const xChannel = image * at(x.shape, 1) + group * perGroup;
      for (const window of windows) {
        let sum = 0;
        for (let one = 0; one < window.length; one += 2) {
          const [tap, position] = [window[one] as number, window[one + 1] as number];
          for (let input = 0; input < perGroup; input++) {
            // Reads the arrays directly: a function shared with other kinds of arrays takes four times as long here.
            const value = xs[(xChannel + input) * area + position] as number;
            sum += value * (weights[(channel * perGroup + input) * taps + tap] as number);
          }
        }
        sums[next++] = sum;
      }
    }
  }
  return sums;
}

/**
 * For each output position, pairs of a kernel element and the input position it meets. Those in the padding are left
 * out.
 */
function windowPlaces(kernel: Shape, output: Shape, spatial: Shape, window: Omit<WindowAttributes, 'kernel'>) {
  const taps = [...coordinates(kernel)];
  return [...coordinates(output)].map((out) =>
    Int32Array.from(
      taps.flatMap((tap, index) => {
        const position = place(out, tap, spatial, window);
        return position === undefined ? [] : [index, position];
      }),
    ),
  );
}

function pool(
  x: Tensor64,
  window: WindowAttributes,
  outputs: readonly Shape[],
  reduce: (values: number[]) => number,
  outside: number,
): Float64Array {
  const spatial = x.shape.slice(2);
  const area = elementCount(spatial);
  const taps = [...coordinates(window.kernel)];
  return Float64Array.from(coordinates(outputs[0] ?? []), ([image = 0, channel = 0, ...out]) =>
    reduce(
      taps.map((tap) => {
        const position = place(out, tap, spatial, window);
        return position === undefined ? outside : at(x.data, (image * at(x.shape, 1) + channel) * area + position);
      }),
    ),
  );
}

/** The matrices in the last two axes. */
function matrices({ shape, data }: Tensor64): Tensor64[] {
  const matrix = shape.slice(-2);
  const length = elementCount(matrix);
  return Array.from({ length: data.length / length }, (_, index) => ({
    shape: matrix,
    data: data.slice(index * length, (index + 1) * length),
  }));
}

function multiply(a: Tensor64, b: Tensor64, transposeA: boolean, transposeB: boolean): Float64Array {
  const rows = at(a.shape, transposeA ? 1 : 0);
  const inner = at(a.shape, transposeA ? 0 : 1);
  const columns = at(b.shape, transposeB ? 0 : 1);
  return Float64Array.from({ length: rows * columns }, (_, index) => {
    const [row, column] = [Math.floor(index / columns), index % columns];
    let sum = 0;
    for (let k = 0; k < inner; k++) {
      sum +=
        at(a.data, transposeA ? k * rows + row : row * inner + k) *
        at(b.data, transposeB ? column * inner + k : k * columns + column);
    }
    return sum;
  });
}

function softmaxRows({ shape, data }: Tensor64): Float64Array {
  const classes = at(shape, shape.length - 1);
  const result = new Float64Array(data.length);
  for (let row = 0; row < data.length; row += classes) {
    const highest = Math.max(...data.subarray(row, row + classes));
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp(at(data, row + c) - highest);
    for (let c = 0; c < classes; c++) result[row + c] = Math.exp(at(data, row + c) - highest) / sum;
  }
  return result;
}
