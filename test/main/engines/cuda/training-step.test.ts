/** Whole training steps on the stand-in for the driver, compared with the CPU's. */
import { describe, expect, it } from 'vitest';
import { at } from '../../../../main/at.ts';
import { median } from '../../../../main/bench/median.ts';
import { TOLERANCE, testGradient } from '../../../../main/doctor/self-test.ts';
import { CPU } from '../../../../main/engines/device.ts';
import type { TensorData } from '../../../../main/engines/engine.ts';
import { onnxRuntimeEngine } from '../../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { architecture } from '../../../../main/models/family.ts';
import { branchCount, initialState, type NetworkConfig } from '../../../../main/models/network.ts';
import { initialTrainingState, trainingProgram } from '../../../../main/models/programs.ts';
import { CounterRandom } from '../../../../main/random.ts';
import { valueAt } from '../../../../main/value-at.ts';
import type { MeasuredEngine } from '../../graph/measured-case.ts';
import { onStandIn, standInLibrary } from './stand-in-card.ts';

const CLASSES = 5;
const BATCH = 2;

interface TestedNetwork {
  readonly name: string;
  readonly network: NetworkConfig;
  readonly imageSizePx: number;
  /**
   * Of the first weights. In a network of many layers a rounding now and then moves a number across a ReLU's zero, and
   * the gradient jumps, by a hundred times the usual distance, on the CPU as on a card: the median of several counts.
   */
  readonly seeds: readonly number[];
  /** By how much more its loss may differ than that of a shallow network. */
  readonly deeper: { readonly fp32: number; readonly bf16: number };
}

/** The shapes of the named networks, narrower: the same operations in the same order. */
const networks: readonly TestedNetwork[] = [
  {
    name: 'small-basic',
    network: { ...architecture('small-basic', CLASSES), width: 8 },
    imageSizePx: 16,
    seeds: [1],
    deeper: { fp32: 1, bf16: 1 },
  },
  {
    name: 'resnet18',
    network: { ...architecture('resnet18', CLASSES), width: 8 },
    imageSizePx: 48,
    seeds: [1],
    deeper: { fp32: 1, bf16: 1 },
  },
  {
    name: 'resnext50_32x4d with one block a stage',
    network: {
      ...{ ...architecture('resnext50_32x4d', CLASSES), width: 8, groups: 4, widthPerGroup: 32 },
      layers: [1, 1, 1, 1],
    },
    imageSizePx: 48,
    seeds: [1],
    deeper: { fp32: 1, bf16: 1 },
  },
  {
    name: 'resnext50_32x4d',
    network: { ...architecture('resnext50_32x4d', CLASSES), width: 8, groups: 4, widthPerGroup: 32 },
    imageSizePx: 48,
    seeds: [1, 2, 3],
    deeper: { fp32: 4, bf16: 8 },
  },
];

/**
 * Bounds of the loss, relative to the CPU's; and of the distance from the CPU's step, relative to how far that step
 * moves when only weights and images are rounded to this many bits fewer. A network of many layers over few positions
 * amplifies any rounding, and the one under test rounds everything it computes.
 */
const BOUNDS = {
  fp32: { bits: 2, loss: 1e-5, times: 20 },
  bf16: { bits: 16, loss: 2e-2, times: 4 },
} as const;

const library = standInLibrary();
const onCpu = { device: CPU, engine: onnxRuntimeEngine };
/** `npm run test:kernels` runs all of them. */
const chosen = process.env.KERNEL_DRAWS ? networks : networks.slice(0, 1);

describe.skipIf(!library).each(chosen)('$name', ({ network, imageSizePx, seeds, deeper }) => {
  it.each(['fp32', 'bf16'] as const)('learns as on the CPU but for rounding, in %s', async (precision) => {
    if (!library) return;
    const { bits, loss, times } = BOUNDS[precision];
    const distances: { loss: number; found: number; sensitivity: number }[] = [];
    for (const seed of seeds) {
      const steps = { imageSizePx, steps: 1, seed };
      const wanted = await afterSteps(onCpu, network, steps);
      const coarse = await afterSteps(onCpu, network, { ...steps, coarserBits: bits });
      const found = await afterSteps(onStandIn(library, precision), network, steps);
      distances.push({
        loss: Math.abs(found.loss - wanted.loss) / wanted.loss,
        found: relativeError(found.changes, wanted.changes),
        sensitivity: relativeError(coarse.changes, wanted.changes),
      });
    }
    const middle = (of: 'loss' | 'found' | 'sensitivity') => median(distances.map((distance) => distance[of]));
    expect(middle('loss')).toBeLessThan(deeper[precision] * loss);
    expect(middle('found') / middle('sensitivity')).toBeLessThan(times);
  });
});

it.skipIf(!library).each(['fp32', 'bf16'] as const)(
  'passes the test that the doctor gives a card, in %s',
  async (precision) => {
    if (!library) return;
    const { engine, device } = onStandIn(library, precision);
    const { worstError } = await testGradient(engine, device, precision);
    expect(worstError).toBeLessThan(TOLERANCE[precision]);
  },
);

it.skipIf(!library)('goes on from what the first step made of weights, momenta, averages and statistics', async () => {
  if (!library) return;
  const { network, imageSizePx } = at(networks, 0);
  const wanted = await afterSteps(onCpu, network, { imageSizePx, steps: 3 });
  const found = await afterSteps(onStandIn(library, 'fp32'), network, { imageSizePx, steps: 3 });
  expect(relativeError(found.changes, wanted.changes)).toBeLessThan(1e-3);
});

it.skipIf(!library).each(['fp32', 'bf16'] as const)(
  'leaves branches out of images as on the CPU, in %s',
  async (precision) => {
    if (!library) return;
    const { network, imageSizePx } = at(networks, 0);
    const steps = { imageSizePx, steps: 1, depth: 0.5 };
    const wanted = await afterSteps(onCpu, network, steps);
    const coarse = await afterSteps(onCpu, network, { ...steps, coarserBits: BOUNDS[precision].bits });
    const found = await afterSteps(onStandIn(library, precision), network, steps);
    const sensitivity = relativeError(coarse.changes, wanted.changes);
    expect(relativeError(found.changes, wanted.changes) / sensitivity).toBeLessThan(BOUNDS[precision].times);
  },
);

it.skipIf(!library).each(['fp32', 'bf16'] as const)(
  'learns several labels of an image as on the CPU, in %s',
  async (precision) => {
    if (!library) return;
    const { network, imageSizePx } = at(networks, 0);
    const steps = { imageSizePx, steps: 1, severalLabels: true };
    const wanted = await afterSteps(onCpu, network, steps);
    const coarse = await afterSteps(onCpu, network, { ...steps, coarserBits: BOUNDS[precision].bits });
    const found = await afterSteps(onStandIn(library, precision), network, steps);
    expect(Math.abs(found.loss - wanted.loss) / wanted.loss).toBeLessThan(BOUNDS[precision].loss);
    const sensitivity = relativeError(coarse.changes, wanted.changes);
    expect(relativeError(found.changes, wanted.changes) / sensitivity).toBeLessThan(BOUNDS[precision].times);
  },
);

interface Steps {
  readonly imageSizePx: number;
  readonly steps: number;
  /** By how many bits weights and images are rounded before the first step. */
  readonly coarserBits?: number;
  /** The rate of stochastic depth, with which each branch is left out of one image. */
  readonly depth?: number;
  /** Of the first weights; 1 by default. */
  readonly seed?: number;
  /** Each class is learnt independently: a sigmoid instead of a softmax. */
  readonly severalLabels?: boolean;
}

async function afterSteps(
  { engine, device }: MeasuredEngine,
  network: NetworkConfig,
  { imageSizePx, steps, coarserBits = 0, depth, seed = 1, severalLabels = false }: Steps,
) {
  const program = trainingProgram({
    ...{ network, batch: BATCH, imageSizePx, labelSmoothing: 0.1, dropoutRate: 0, softTargets: severalLabels },
    ...(severalLabels ? { loss: 'sigmoid' as const } : {}),
    ...{ stochasticDepth: depth },
    optimiser: { momentum: 0.9, weightDecay: 1e-4, nesterov: true },
    averageDecay: 0.9,
  });
  const exact = initialTrainingState(program, initialState(network, seed));
  const state = new Map([...exact].map(([name, values]) => [name, rounded(values, coarserBits)]));
  const session = await engine.prepare(program, state, { device });
  try {
    const losses: number[] = [];
    for (let step = 0; step < steps; step++) {
      const outputs = await session.run(inputsOf(network, step, { imageSizePx, coarserBits, severalLabels }));
      losses.push(at(valueAt(outputs, 'loss'), 0));
    }
    const after = await session.readState();
    const changes = [...state].flatMap(([name, before]) => {
      const values = valueAt(after, name);
      return [...before].map((value, index) => at(values, index) - value);
    });
    return { loss: at(losses, 0), changes };
  } finally {
    await session.dispose();
  }
}

function inputsOf(
  network: NetworkConfig,
  step: number,
  { imageSizePx, coarserBits, severalLabels }: { imageSizePx: number; coarserBits: number; severalLabels: boolean },
): Map<string, TensorData> {
  const random = new CounterRandom(7, step);
  const images = Float32Array.from({ length: BATCH * 3 * imageSizePx ** 2 }, () => random.normal());
  return new Map<string, TensorData>([
    ['images', rounded(images, coarserBits)],
    [
      'targets',
      severalLabels ? labelPairs(step) : Int32Array.from({ length: BATCH }, (_, image) => (image + step) % CLASSES),
    ],
    ['learningRate', Float32Array.of(0.01)],
    ['branchNoise', Float32Array.from({ length: BATCH * branchCount(network) }, (_, index) => index % 2)],
  ]);
}

/** [batch · classes, 2]: about half of the classes of each image. */
function labelPairs(step: number): Float32Array {
  const is = Array.from({ length: BATCH * CLASSES }, (_, place) => (place + step) % 2);
  return Float32Array.from(is.flatMap((one) => [one, 1 - one]));
}

/** Rounds to the nearest number with this many bits fewer. */
function rounded(values: Float32Array, coarserBits: number): Float32Array {
  const copy = values.slice();
  const words = new Uint32Array(copy.buffer);
  const half = coarserBits === 0 ? 0 : 2 ** (coarserBits - 1);
  for (const [index, word] of words.entries()) words[index] = ((word + half) >>> coarserBits) << coarserBits;
  return copy;
}

function relativeError(found: readonly number[], wanted: readonly number[]): number {
  const norm = (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return norm(wanted.map((value, index) => at(found, index) - value)) / norm(wanted);
}
