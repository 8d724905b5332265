/** Operations with random shapes (always the same ones): strides, padding, dilations, groups, odd sizes, batch 1. */
import type { OpDefinition } from '../../../main/graph/op-definition.ts';
import { operations } from '../../../main/graph/ops/operations.ts';
import type { DType, Shape } from '../../../main/graph/program.ts';
import { CounterRandom } from '../../../main/random.ts';
import { viewLines } from '../../../main/view-lines.ts';
import type { DifferentiatedKind } from './float64-reference.ts';

export interface OperationCase {
  readonly kind: DifferentiatedKind;
  /** The number of the draw, from which its inputs are drawn too. */
  readonly number: readonly [number, ...number[]];
  readonly definition: OpDefinition<DifferentiatedKind, unknown>;
  readonly inputs: readonly {
    readonly shape: Shape;
    readonly dtype: DType;
    readonly draw: 'normal' | 'uniform' | 'positive' | 'class' | 'distribution' | 'no' | 'yes' | 'level' | 'view';
  }[];
  readonly attributes: unknown;
  /** How many of the first outputs receive a gradient. */
  readonly differentiated: number;
}

type Input = OperationCase['inputs'][number];
const normal = (...shape: number[]): Input => ({ shape, dtype: 'float32', draw: 'normal' });
const uniform = (...shape: number[]): Input => ({ shape, dtype: 'float32', draw: 'uniform' });
const positive = (...shape: number[]): Input => ({ shape, dtype: 'float32', draw: 'positive' });
const distributions = (...shape: number[]): Input => ({ shape, dtype: 'float32', draw: 'distribution' });
const flag = (draw: 'no' | 'yes'): Input => ({ shape: [], dtype: 'int32', draw });
const levels = (...shape: number[]): Input => ({ shape, dtype: 'uint8', draw: 'level' });
const views = (batch: number, sizePx: number): Input => ({
  shape: [batch, viewLines.length, sizePx],
  dtype: 'float32',
  draw: 'view',
});
const classIds = (batch: number): Input => ({ shape: [batch], dtype: 'int32', draw: 'class' });

type Draw = (random: CounterRandom) => { inputs: Input[]; attributes: unknown; differentiated?: number };

const between = (random: CounterRandom, low: number, high: number): number => low + random.integer(high - low + 1);
const oneOf = <T>(random: CounterRandom, choices: readonly T[]): T => choices[random.integer(choices.length)] as T;

function window(random: CounterRandom, rank: number, dilated: boolean) {
  const kernel = Array.from({ length: rank }, () => between(random, 1, 3));
  return {
    kernel,
    strides: kernel.map(() => between(random, 1, 2)),
    padding: kernel.map((size) => random.integer(Math.floor(size / 2) + 1)),
    dilations: kernel.map(() => (dilated ? between(random, 1, 2) : 1)),
  };
}

function convolution(random: CounterRandom, rank: number) {
  const groups = oneOf(random, [1, 1, 2, 3]);
  const { kernel, ...rest } = window(random, rank, true);
  const [perGroup, outPerGroup] = [between(random, 1, 3), between(random, 1, 3)];
  const sizes = kernel.map(() => between(random, 5, 9));
  return {
    inputs: [
      normal(between(random, 1, 3), groups * perGroup, ...sizes),
      normal(groups * outPerGroup, perGroup, ...kernel),
    ],
    attributes: { ...rest, groups },
  };
}

/** Whole blocks of channels, in the sizes of residual networks: layouts that engines treat specially. */
function blockedConvolution(random: CounterRandom) {
  const size = oneOf(random, [1, 3, 3, 3]);
  const stride = between(random, 1, 2);
  const side = oneOf(random, [4, 8, 16, 7]);
  const [inputs, outputs] = [oneOf(random, [3, 16, 32]), oneOf(random, [16, 32])];
  const pair = (value: number) => [value, value];
  return {
    inputs: [normal(oneOf(random, [1, 2, 4, 8]), inputs, side, side), normal(outputs, inputs, size, size)],
    attributes: { strides: pair(stride), padding: pair((size - 1) / 2), dilations: pair(1), groups: 1 },
  };
}

function activation(random: CounterRandom): Input {
  return normal(between(random, 2, 4), oneOf(random, [3, 5, 16, 32]), between(random, 2, 6), between(random, 2, 6));
}

const draws: { readonly [Kind in DifferentiatedKind]: readonly Draw[] } = {
  adamwUpdate: ([undefined, 'no', 'yes'] as const).map((last) => (random: CounterRandom) => ({
    inputs: [
      ...[normal(9), normal(9), normal(9), positive(9), positive(), positive(), positive()],
      ...(last ? [normal(9), flag(last)] : []),
    ],
    attributes: {
      ...{ firstDecay: 0.9, secondDecay: 0.99, epsilon: 1e-8, weightDecay: 0.05 },
      ...(random.uniform() < 0.5 ? { rateFactor: 0.5 } : {}),
    },
  })),
  add: [
    (random) => {
      const channels = between(random, 1, 5);
      return { inputs: [normal(2, channels, 3), normal(2, channels, 3)], attributes: {} };
    },
  ],
  averagePool: [
    (random) => ({ inputs: [normal(2, 3, 7, 6)], attributes: window(random, 2, false) }),
    (random) => ({ inputs: [normal(1, 2, 9)], attributes: window(random, 1, false) }),
    (random) => ({ inputs: [normal(2, 3, 5, 7, 6)], attributes: window(random, 3, false) }),
  ],
  batchNormInference: [
    (random) => {
      const x = activation(random);
      const channels = x.shape[1] ?? 1;
      const vectors = [normal(channels), normal(channels), normal(channels), positive(channels)];
      return { inputs: [x, ...vectors], attributes: { epsilon: 1e-5 } };
    },
  ],
  batchNormTraining: [
    (random) => {
      const x = activation(random);
      const channels = x.shape[1] ?? 1;
      return { inputs: [x, normal(channels), normal(channels)], attributes: { epsilon: 1e-5 }, differentiated: 1 };
    },
  ],
  constant: [() => ({ inputs: [], attributes: { shape: [2, 3], value: 1.5 } })],
  conv: [
    (random) => convolution(random, 1),
    (random) => convolution(random, 2),
    (random) => convolution(random, 3),
    blockedConvolution,
    blockedConvolution,
    () => ({
      inputs: [normal(2, 3, 16, 16), normal(16, 3, 7, 7)],
      attributes: { strides: [2, 2], padding: [3, 3], dilations: [1, 1], groups: 1 },
    }),
    // Depthwise, in whole blocks of channels.
    (random) => ({
      inputs: [normal(between(random, 1, 3), 32, 9, 8), normal(32, 1, 7, 7)],
      attributes: { strides: [1, 1], padding: [3, 3], dilations: [1, 1], groups: 32 },
    }),
    () => ({
      inputs: [normal(2, 16, 8, 8), normal(16, 1, 3, 3)],
      attributes: { strides: [2, 2], padding: [1, 1], dilations: [1, 1], groups: 16 },
    }),
    // More padding than the kernel reaches along one axis, a stride that skips positions, groups, dilation.
    () => ({
      inputs: [normal(2, 4, 7, 6, 8), normal(6, 2, 2, 1, 3)],
      attributes: { strides: [3, 2, 2], padding: [1, 1, 2], dilations: [1, 1, 2], groups: 2 },
    }),
  ],
  countCorrect: [() => ({ inputs: [normal(5, 3), classIds(5)], attributes: {} })],
  dropout: [
    (random) => ({ inputs: [normal(3, 8), uniform(3, 8)], attributes: { rate: 0.1 + 0.5 * random.uniform() } }),
    // Whole images and rows of them, as in stochastic depth.
    () => ({ inputs: [normal(6, 5, 3, 2), uniform(6)], attributes: { rate: 0.5 } }),
    () => ({ inputs: [normal(3, 2, 8), uniform(3, 2)], attributes: { rate: 0.4 } }),
  ],
  exponentialAverage: [
    () => ({ inputs: [normal(7), normal(7)], attributes: { rate: 0.1, correction: 1.25 } }),
    () => ({ inputs: [normal(7), normal(7), flag('no')], attributes: { rate: 0.1, correction: 1 } }),
    () => ({ inputs: [normal(7), normal(7), flag('yes')], attributes: { rate: 0.1, correction: 1 } }),
  ],
  globalAveragePool: [(random) => ({ inputs: [activation(random)], attributes: {} })],
  linear: [
    (random) => {
      const [batch, inputs, outputs] = [between(random, 1, 4), between(random, 1, 9), between(random, 1, 7)];
      return { inputs: [normal(batch, inputs), normal(outputs, inputs), normal(outputs)], attributes: {} };
    },
  ],
  matMul: [
    (random) => {
      const [rows, inner, columns] = [between(random, 1, 5), between(random, 1, 5), between(random, 1, 5)];
      const [transposeA, transposeB] = [random.uniform() < 0.5, random.uniform() < 0.5];
      const a = transposeA ? normal(inner, rows) : normal(rows, inner);
      return {
        inputs: [a, transposeB ? normal(columns, inner) : normal(inner, columns)],
        attributes: { transposeA, transposeB },
      };
    },
    (random) => {
      const [rows, inner, columns] = [between(random, 1, 5), between(random, 1, 5), between(random, 1, 5)];
      const [transposeA, transposeB] = [random.uniform() < 0.5, random.uniform() < 0.5];
      const a = transposeA ? normal(2, 3, inner, rows) : normal(2, 3, rows, inner);
      return {
        inputs: [a, transposeB ? normal(2, 3, columns, inner) : normal(2, 3, inner, columns)],
        attributes: { transposeA, transposeB },
      };
    },
  ],
  maxPool: [
    (random) => ({ inputs: [normal(2, 3, 7, 6)], attributes: window(random, 2, false) }),
    (random) => ({
      inputs: [normal(2, oneOf(random, [5, 16, 32]), 8, 8)],
      attributes: { kernel: [3, 3], strides: [2, 2], padding: [1, 1], dilations: [1, 1] },
    }),
    (random) => ({ inputs: [normal(2, 3, 5, 7, 6)], attributes: window(random, 3, false) }),
  ],
  pack: [() => ({ inputs: [normal(2, 3), normal(), normal(3, 1, 2)], attributes: {} })],
  relu: [(random) => ({ inputs: [activation(random)], attributes: {} })],
  reshape: [() => ({ inputs: [normal(2, 3, 4)], attributes: { shape: [2, 12] } })],
  sgdAccumulate: (['no', 'yes'] as const).map((last) => (random: CounterRandom) => ({
    inputs: [normal(9), normal(9), normal(9), normal(9), positive(), flag(last)],
    attributes: { momentum: 0.9, weightDecay: 1e-2, nesterov: random.uniform() < 0.5 },
  })),
  sgdUpdate: [
    (random) => ({
      inputs: [normal(9), normal(9), normal(9), positive()],
      attributes: { momentum: 0.9, weightDecay: 1e-2, nesterov: random.uniform() < 0.5 },
    }),
    () => ({
      inputs: [normal(9), normal(9), normal(9), positive()],
      attributes: { momentum: 0.9, weightDecay: 0, nesterov: false, rateFactor: 0.1 },
    }),
  ],
  softmax: [
    (random) => ({ inputs: [normal(between(random, 1, 4), between(random, 2, 9))], attributes: {} }),
    (random) => ({ inputs: [normal(2, 3, between(random, 1, 4), between(random, 2, 9))], attributes: {} }),
  ],
  softmaxCrossEntropy: [
    () => ({ inputs: [normal(4, 5), classIds(4)], attributes: { labelSmoothing: 0.1 } }),
    () => ({ inputs: [normal(3, 6), distributions(3, 6)], attributes: { labelSmoothing: 0 } }),
  ],
  sumOverBatch: [() => ({ inputs: [normal(3, 4)], attributes: {} })],
  tally: (['no', 'yes'] as const).map((begins) => () => ({
    inputs: [normal(), normal(), flag(begins)],
    attributes: { weight: 0.5 },
  })),
  unpack: [
    () => ({ inputs: [normal(13)], attributes: { shapes: [[2, 3], [], [3, 1, 2]] } }),
    () => ({ inputs: [normal(36)], attributes: { shapes: [1, 2, 3, 4, 5, 6, 7, 8].map((size) => [size]) } }),
  ],
  // New operations go at the end, so that the others' draws do not change.
  layerNorm: [
    (random) => {
      const channels = oneOf(random, [3, 16, 33]);
      const rows = Array.from({ length: between(random, 1, 3) }, () => between(random, 1, 5));
      const inputs = [normal(...rows, channels), normal(channels), normal(channels)];
      return { inputs, attributes: { epsilon: 1e-6 } };
    },
  ],
  gelu: [(random) => ({ inputs: [activation(random)], attributes: {} })],
  transpose: [
    (random) => ({
      inputs: [normal(2, 3, 4, between(random, 1, 5))],
      attributes: {
        order: oneOf(random, [
          [0, 2, 3, 1],
          [0, 3, 1, 2],
          [3, 0, 2, 1],
        ] as const),
      },
    }),
    // Between the two layouts of an image whose channels fill whole blocks.
    (random) => ({
      inputs: [normal(2, 16, 4, 4)],
      attributes: {
        order: oneOf(random, [
          [0, 2, 3, 1],
          [0, 3, 1, 2],
        ] as const),
      },
    }),
  ],
  broadcastAdd: [
    (random) => ({ inputs: [normal(2, 3, 4), normal(...[3, 4].slice(random.integer(3)))], attributes: {} }),
  ],
  multiply: [
    (random) => ({ inputs: [normal(2, 3, 4), normal(...[2, 3, 4].slice(random.integer(4)))], attributes: {} }),
  ],
  concat: [
    (random) => {
      const axis = random.integer(3);
      const parts = Array.from({ length: between(random, 1, 3) }, () => [2, 3, 4].with(axis, between(random, 1, 4)));
      return { inputs: parts.map((shape) => normal(...shape)), attributes: { axis } };
    },
  ],
  split: [
    () => ({ inputs: [normal(2, 6, 3)], attributes: { axis: 1, sizes: [1, 3, 2] } }),
    // The remaining part does not affect the loss.
    () => ({ inputs: [normal(2, 6, 3)], attributes: { axis: 1, sizes: [1, 5] }, differentiated: 1 }),
  ],
  pad: [
    (random) => ({
      inputs: [normal(2, 3, 4)],
      attributes: { axis: random.integer(3), before: random.integer(3), after: random.integer(3) },
    }),
  ],
  samplePixels: [[], [2]].map((frames) => (random: CounterRandom) => {
    const [batch, side] = [between(random, 1, 4), between(random, 9, 13)];
    return {
      inputs: [levels(batch, ...frames, side, side, 3), views(batch, between(random, 3, side))],
      attributes: { scale: [0.02, 0.01, 0.03], shift: [-2, -1.5, 0.25] },
    };
  }),
};

/**
 * `repeats` draws of every case of every operation: the same objects each time, so that results can be cached by
 * object.
 */
export function operationCases(seed: number, repeats: number): OperationCase[] {
  return (Object.entries(draws) as [DifferentiatedKind, readonly Draw[]][]).flatMap(([kind, kindDraws], kindIndex) =>
    kindDraws.flatMap((draw, drawIndex) =>
      Array.from({ length: repeats }, (_, repeat) => {
        const number = [seed, kindIndex, drawIndex, repeat] as const;
        const known = drawnCases.get(number.join());
        if (known) return known;
        const drawn = draw(new CounterRandom(...number));
        const definition = operations[kind] as OpDefinition<DifferentiatedKind, unknown>;
        const made = { kind, definition, number, differentiated: Number.POSITIVE_INFINITY, ...drawn };
        drawnCases.set(number.join(), made);
        return made;
      }),
    ),
  );
}

const drawnCases = new Map<string, OperationCase>();
