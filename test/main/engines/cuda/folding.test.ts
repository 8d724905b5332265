/**
 * Batch norms with fixed statistics folded into the convolution before them, including an addition and a ReLU that
 * follow. Compared with float64 over the folded and rounded weights, so that a single wrong index shows.
 */
import { describe, expect, it } from 'vitest';
import { at } from '../../../../main/at.ts';
import { planProgram } from '../../../../main/engines/cuda/plan-program.ts';
import { CPU } from '../../../../main/engines/device.ts';
import type { Precision, Tensors } from '../../../../main/engines/engine.ts';
import { onnxRuntimeEngine } from '../../../../main/engines/onnxruntime/onnxruntime-engine.ts';
import { GraphBuilder } from '../../../../main/graph/graph-builder.ts';
import { add } from '../../../../main/graph/ops/add.ts';
import { batchNormInference } from '../../../../main/graph/ops/batch-norm-inference.ts';
import { conv } from '../../../../main/graph/ops/conv.ts';
import { relu } from '../../../../main/graph/ops/relu.ts';
import { dimension, elementCount } from '../../../../main/graph/program.ts';
import { architecture } from '../../../../main/models/family.ts';
import { inferenceProgram } from '../../../../main/models/programs.ts';
import { referenceInput, referenceWeights } from '../../../../main/models/reference-weights.ts';
import { CounterRandom } from '../../../../main/random.ts';
import { valueAt } from '../../../../main/value-at.ts';
import type { MeasuredEngine } from '../../graph/measured-case.ts';
import {
  attributesOf,
  type Drawn,
  draw,
  drawnName,
  reference,
  relativeError,
  roundedDraws,
  toNearestHalf,
} from './drawn-convolutions.ts';
import { onStandIn, standInLibrary } from './stand-in-card.ts';

const SEED = 9;
const EPSILON = 1e-3;
const DRAWS = Number(process.env.KERNEL_DRAWS ?? 1) * 6;
/** Relative to the norm: for an operation, and for a network's logits compared with the CPU's. */
const BOUND = { fp32: { operation: 1e-6, logits: 1e-4 }, bf16: { operation: 3e-3, logits: 2e-2 } } as const;
const library = standInLibrary();

interface Folded {
  readonly drawn: Drawn;
  readonly added: boolean;
  readonly rectified: boolean;
}

const cases = Array.from({ length: DRAWS }, (_, index) => {
  const folded = { drawn: draw(index), added: index % 3 === 1, rectified: index % 3 !== 0 };
  const after = [...(folded.added ? ['addition'] : []), ...(folded.rectified ? ['ReLU'] : [])].join(' and ');
  return { index, folded, name: `${drawnName(folded.drawn)}, then ${after || 'nothing'}` };
});

describe.skipIf(!library).each(['fp32', 'bf16'] as const)('in %s', (precision) => {
  it.each(cases)('$name', async ({ index, folded }) => {
    if (!library) return;
    const program = programOf(folded);
    expect(
      planProgram(program, precision)
        .launches.map(({ kernel }) => kernel)
        .join(),
    ).not.toMatch(/normalise|relu|add/);
    const { engine, device } = onStandIn(library, precision);
    const state = stateOf(folded, new CounterRandom(SEED, index));
    const inputs = inputsOf(folded, new CounterRandom(SEED, index, 1));
    const session = await engine.prepare(program, state, { device });
    const first = valueAt(await session.run(inputs), 'y');
    // What is prepared once follows the state when it is rewritten.
    const other = stateOf(folded, new CounterRandom(SEED, index, 2));
    await session.writeState(other);
    const second = valueAt(await session.run(inputs), 'y');
    await session.dispose();
    for (const [found, given] of [
      [first, state],
      [second, other],
    ] as const) {
      expect(relativeError(found, wantedOf(folded, given, inputs, precision))).toBeLessThan(BOUND[precision].operation);
    }
  });

  const narrow = [
    { name: 'small-basic', network: { ...architecture('small-basic', 5), width: 8 }, sizePx: 16 },
    { name: 'small-grouped', network: architecture('small-grouped', 5), sizePx: 16 },
    { name: 'resnet18', network: { ...architecture('resnet18', 5), width: 8 }, sizePx: 48 },
    {
      name: 'resnext50_32x4d',
      network: { ...architecture('resnext50_32x4d', 5), width: 8, groups: 4, widthPerGroup: 32 },
      sizePx: 48,
    },
  ];
  it.each(process.env.KERNEL_DRAWS ? narrow : narrow.slice(0, 2))(
    'says of images what the processor says, by $name',
    async ({ network, sizePx: imageSizePx }) => {
      if (!library) return;
      const program = inferenceProgram({ network, batch: 2, imageSizePx });
      const state = referenceWeights(network);
      const images = referenceInput([2, 3, imageSizePx, imageSizePx]);
      const logits = async ({ engine, device }: MeasuredEngine) => {
        const session = await engine.prepare(program, state, { device });
        const outputs = await session.run(new Map([['images', images]]));
        await session.dispose();
        return valueAt(outputs, 'logits');
      };
      const wanted = await logits({ engine: onnxRuntimeEngine, device: CPU });
      const found = await logits(onStandIn(library, precision));
      expect(relativeError(found, Float64Array.from(wanted))).toBeLessThan(BOUND[precision].logits);
    },
  );
});

it('prepares an inference once: what is left for each run reads no weight of a convolution as it was given', () => {
  const network = architecture('small-basic', 5);
  const plan = planProgram(inferenceProgram({ network, batch: 2, imageSizePx: 16 }), 'bf16');
  const kernels = (launches: typeof plan.launches) => launches.map(({ kernel }) => kernel);
  expect(kernels(plan.launches)).not.toContain('pack_weights');
  expect(kernels(plan.launches)).not.toContain('normalise_bf16');
  expect(kernels(plan.preparations)).toContain('fold_normalisation');
});

it('folds nothing whose convolution somebody else reads', () => {
  const launchesOf = (read: boolean) => {
    const graph = new GraphBuilder();
    const attributes = { strides: [1, 1], padding: [0, 0], dilations: [1, 1], groups: 1 };
    const made = graph.applyOne(
      conv,
      [graph.input('x', [1, 8, 4, 4]), graph.state('weight', [8, 8, 1, 1])],
      attributes,
    );
    const vectors = ['scale', 'bias', 'mean', 'variance'].map((name) => graph.state(name, [8]));
    graph.output('y', graph.applyOne(batchNormInference, [made, ...vectors], { epsilon: EPSILON }));
    if (read) graph.output('made', made);
    return planProgram(graph.build(), 'bf16').launches.map(({ kernel }) => kernel);
  };
  expect(launchesOf(false)).not.toContain('normalise_bf16');
  expect(launchesOf(true)).toContain('normalise_bf16');
});

function programOf({ drawn, added, rectified }: Folded) {
  const graph = new GraphBuilder();
  const filters = dimension(drawn.y, 1);
  const made = graph.applyOne(
    conv,
    [graph.input('x', drawn.x), graph.state('weight', drawn.weight)],
    attributesOf(drawn),
  );
  const vectors = ['scale', 'bias', 'mean', 'variance'].map((name) => graph.state(name, [filters]));
  const normal = graph.applyOne(batchNormInference, [made, ...vectors], { epsilon: EPSILON });
  const sum = added ? graph.applyOne(add, [normal, graph.input('other', drawn.y)], {}) : normal;
  graph.output('y', rectified ? graph.applyOne(relu, [sum], {}) : sum);
  return graph.build();
}

function stateOf({ drawn }: Folded, random: CounterRandom): Map<string, Float32Array> {
  const vector = (of: () => number) => Float32Array.from({ length: dimension(drawn.weight, 0) }, of);
  return new Map([
    ['weight', roundedDraws(random, drawn.weight)],
    ['scale', vector(() => random.normal())],
    ['bias', vector(() => random.normal())],
    ['mean', vector(() => random.normal())],
    ['variance', vector(() => 0.1 + random.uniform())],
  ]);
}

function inputsOf({ drawn, added }: Folded, random: CounterRandom): Map<string, Float32Array> {
  const x = roundedDraws(random, drawn.x);
  return new Map([['x', x], ...(added ? [['other', roundedDraws(random, drawn.y)] as const] : [])]);
}

function wantedOf({ drawn, rectified }: Folded, state: Tensors, inputs: Tensors, precision: Precision): Float64Array {
  const [scale, bias, mean, variance] = ['scale', 'bias', 'mean', 'variance'].map((name) => valueAt(state, name));
  const filters = dimension(drawn.weight, 0);
  const factors = Array.from(
    { length: filters },
    (_, k) => at(scale ?? [], k) / Math.sqrt(at(variance ?? [], k) + EPSILON),
  );
  const weight = valueAt(state, 'weight');
  const each = weight.length / filters;
  const folded = Float64Array.from(weight, (value, index) => {
    const product = value * at(factors, Math.floor(index / each));
    return precision === 'bf16' ? toNearestHalf(product) : product;
  });
  const { y } = reference(drawn, valueAt(inputs, 'x'), folded, new Float32Array(elementCount(drawn.y)));
  const places = y.length / dimension(drawn.y, 0) / filters;
  const other = inputs.get('other');
  return y.map((value, index) => {
    const k = Math.floor(index / places) % filters;
    const added = other ? at(other, index) : 0;
    const sum = value + at(bias ?? [], k) - at(mean ?? [], k) * at(factors, k) + added;
    return rectified ? Math.max(0, sum) : sum;
  });
}
