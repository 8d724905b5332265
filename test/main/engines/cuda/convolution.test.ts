/**
 * The tensor-core convolutions, ungrouped and grouped, over random shapes. Compared with float64 over the same rounded
 * numbers, so that only the result's own rounding remains, and a single wrong index shows; and every tile that a card may
 * choose, whose results have the same bits.
 */
import { describe, expect, it, onTestFinished } from 'vitest';
import { at } from '../../../../main/at.ts';
import { CudaSession } from '../../../../main/engines/cuda/cuda-session.ts';
import { planProgram } from '../../../../main/engines/cuda/plan-program.ts';
import { byTile } from '../../../../main/engines/cuda/tiles.ts';
import type { Tensors } from '../../../../main/engines/engine.ts';
import { GraphBuilder } from '../../../../main/graph/graph-builder.ts';
import { nth } from '../../../../main/graph/op-definition.ts';
import { add } from '../../../../main/graph/ops/add.ts';
import { batchNormTraining } from '../../../../main/graph/ops/batch-norm-training.ts';
import { batchNormTrainingGradient } from '../../../../main/graph/ops/batch-norm-training-gradient.ts';
import { constant } from '../../../../main/graph/ops/constant.ts';
import { conv } from '../../../../main/graph/ops/conv.ts';
import { convInputGradient } from '../../../../main/graph/ops/conv-input-gradient.ts';
import { convWeightGradient } from '../../../../main/graph/ops/conv-weight-gradient.ts';
import { reluGradient } from '../../../../main/graph/ops/relu-gradient.ts';
import { dimension, elementCount, type Program, type Shape, type Value } from '../../../../main/graph/program.ts';
import { CounterRandom } from '../../../../main/random.ts';
import { valueAt } from '../../../../main/value-at.ts';
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
import { onStandIn, standInCard, standInLibrary } from './stand-in-card.ts';

const SEED = 8;
/** Rounding of bfloat16 and of float32, relative to the norm. */
const ROUNDING = { y: 3e-3, dx: 3e-3, dWeight: 1e-5 } as const;
const DRAWS = Number(process.env.KERNEL_DRAWS ?? 1) * 8;

const EPSILON = 1e-5;

/** What is done with the gradient by the input in the same kernel. */
interface After {
  readonly added?: boolean;
  readonly rectified?: boolean;
  /** A batch norm reads it, whose gradient needs sums over it. */
  readonly normalised?: boolean;
}
const AFTER: readonly After[] = [
  { added: true, rectified: true, normalised: true },
  { rectified: true, normalised: true },
  { added: true, normalised: true },
  {},
];

const cases = Array.from({ length: DRAWS }, (_, index) => {
  // Every second draw is grouped.
  const [drawn, after] = [draw(index), at(AFTER, Math.floor(index / 2) % AFTER.length)];
  return { index, drawn, after, name: [drawnName(drawn), ...Object.keys(after)].join(', ') };
});
const library = standInLibrary();

describe.skipIf(!library)('by tensor cores', () => {
  it.each(cases)('$name', async ({ index, drawn, after }) => {
    if (!library) return;
    const random = new CounterRandom(SEED, index, 1);
    const [x, weight, dy] = [drawn.x, drawn.weight, drawn.y].map((shape) => roundedDraws(random, shape)) as [
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const [other, result] = [roundedDraws(random, drawn.x), roundedDraws(random, drawn.x)];
    const statistics = statisticsOf(random, drawn.x);
    const { found, tiles } = await byEveryTile(
      library,
      programOf(drawn, after),
      new Map(Object.entries({ x, weight, dy, other, result, ...statistics })),
    );
    expect(tiles).toBe(drawn.groups === 1 ? 10 : 0);
    expectMoments(found, drawn.y);
    if (after.normalised) expectSums(found, x, drawn.x, statistics);
    const wantedOf = reference(drawn, x, weight, dy);
    const dx = wantedOf.dx.map((value, place) => {
      if (after.rectified && at(result, place) <= 0) return 0;
      return value + (after.added ? at(other, place) : 0);
    });
    for (const [name, wanted] of Object.entries({ ...wantedOf, dx })) {
      expect(relativeError(valueAt(found, name), wanted), name).toBeLessThan(ROUNDING[name as 'y']);
    }
  });

  it('sums in one order by every tile, where rounding to bfloat16 does not hide it', async () => {
    if (!library) return;
    // Large products of 16 channels, or filters, and the next 16 cancel; what they round off of the others depends on
    // when they are added.
    const [channels, filters, taps] = [40, 40, 9];
    const drawn = {
      ...{ x: [1, channels, 5, 6], weight: [filters, channels, 3, 3], y: [1, filters, 5, 6] },
      ...{ stride: 1, padding: 1, dilation: 1, groups: 1 },
    };
    const random = new CounterRandom(SEED, 98);
    const drawnWeight = roundedDraws(random, drawn.weight);
    const weight = drawnWeight.map((value, place) => {
      const [filter, channel] = [Math.floor(place / taps / channels), Math.floor(place / taps) % channels];
      if (filter >= 32 && channel >= 32) return value;
      const [ownFilter, ownChannel] = [filter, channel].map((own) => (own < 32 ? own % 16 : own)) as [number, number];
      const turned = (filter >= 16 && filter < 32) !== (channel >= 16 && channel < 32);
      const own = at(drawnWeight, (ownFilter * channels + ownChannel) * taps + (place % taps));
      return turned ? -own : own;
    });
    const paired = (shape: Shape) => {
      const [values, places] = [roundedDraws(random, shape), elementCount(shape.slice(2))];
      return values.map((value, place) => (place < 32 * places ? 2 ** 16 * at(values, place % (16 * places)) : value));
    };
    const inputs = new Map([...Object.entries({ x: paired(drawn.x), dy: paired(drawn.y), weight })]);
    await byEveryTile(library, programOf(drawn, {}), inputs);
  });

  it('sums over many rows in parts: weight gradients, and moments and sums for batch norms, also far from zero', async () => {
    if (!library) return;
    // More than 256 chunks of 64 rows, which are put together in two passes; about 20, with deviations of about 1.
    const drawn = {
      x: [1, 8, 129, 131],
      weight: [8, 8, 1, 1],
      y: [1, 8, 129, 131],
      stride: 1,
      padding: 0,
      dilation: 1,
      groups: 1,
    };
    const random = new CounterRandom(SEED, 99);
    const x = Float32Array.from(roundedDraws(random, drawn.x), (value) => toNearestHalf(20 + value));
    const weight = Float32Array.from({ length: 64 }, (_, index) => (index % 9 === 0 ? 1 : 0));
    const graph = new GraphBuilder();
    const { image, filter, made } = convolved(graph, drawn);
    graph.output('y', made);
    differentiated(graph, { drawn, dy: image, image, filter, after: { normalised: true } });
    const weightShape = { ...attributesOf(drawn), weightShape: drawn.weight };
    graph.output('dWeight', graph.applyOne(convWeightGradient, [image, image], weightShape));
    const statistics = statisticsOf(random, drawn.x);
    const { engine, device } = onStandIn(library, 'bf16');
    const session = await engine.prepare(graph.build(), new Map(), { device });
    const found = await session.run(new Map(Object.entries({ x, weight, ...statistics })));
    await session.dispose();
    expectMoments(found, drawn.y);
    expectSums(found, x, drawn.x, statistics);
    const { dWeight } = reference(drawn, x, weight, x);
    expect(relativeError(valueAt(found, 'dWeight'), dWeight)).toBeLessThan(ROUNDING.dWeight);
  });
});

/** The results by the usual tiles, which those of all others are compared with, bit for bit. */
async function byEveryTile(library: string, program: Program, inputs: Tensors) {
  const plan = planProgram(program, 'bf16');
  // Convolutions do all of this.
  expect(plan.launches.map(({ kernel }) => kernel).join()).not.toMatch(
    /(^|,)(moments|add|relu_gradient|gradient_sums)/,
  );
  const card = standInCard(library);
  onTestFinished(() => card.close());
  const byTiles = async (rank: number) => {
    const session = new CudaSession(card, program, plan, new Map(), (launches) =>
      launches.map((launch) => byTile(launch, launch.tiles[rank]?.kernel)),
    );
    const made = await session.run(inputs);
    await session.dispose();
    return made;
  };
  const found = await byTiles(0);
  const tiles = Math.max(...plan.launches.map((launch) => launch.tiles.length));
  for (let rank = 1; rank < tiles; rank++) expect(await byTiles(rank)).toEqual(found);
  return { found, tiles };
}

/** Those of the results as they were stored. */
function expectMoments(found: ReadonlyMap<string, Float32Array>, shape: Shape): void {
  const [y, channels] = [valueAt(found, 'y'), dimension(shape, 1)];
  const places = elementCount(shape.slice(2));
  const of = (channel: number) => y.filter((_, index) => Math.floor(index / places) % channels === channel);
  const mean = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  for (let channel = 0; channel < channels; channel++) {
    const values = Float64Array.from(of(channel));
    const middle = mean(values);
    const variance = mean(values.map((value) => (value - middle) ** 2));
    const size = Math.sqrt(mean(values.map((value) => value ** 2)));
    expect(Math.abs(at(valueAt(found, 'mean'), channel) - middle)).toBeLessThan(2e-7 * size);
    expect(Math.abs(at(valueAt(found, 'variance'), channel) - variance)).toBeLessThanOrEqual(1e-5 * variance);
  }
}

interface Statistics {
  readonly middle: Float32Array;
  readonly spread: Float32Array;
}

/** A mean and a variance for each channel. */
function statisticsOf(random: CounterRandom, shape: Shape): Statistics {
  const vector = (of: () => number) => Float32Array.from({ length: dimension(shape, 1) }, of);
  return { middle: vector(() => random.normal()), spread: vector(() => 0.1 + random.uniform()) };
}

/** Over the gradients as they were stored, relative to what they add up to without their signs. */
function expectSums(
  found: ReadonlyMap<string, Float32Array>,
  x: Float32Array,
  shape: Shape,
  { middle, spread }: Statistics,
): void {
  const [g, channels, places] = [valueAt(found, 'dx'), dimension(shape, 1), elementCount(shape.slice(2))];
  const empty = () => new Float64Array(channels);
  const [dBias, dScale, biasSize, scaleSize] = [empty(), empty(), empty(), empty()];
  for (const [place, value] of g.entries()) {
    const channel = Math.floor(place / places) % channels;
    const normal = ((x[place] as number) - at(middle, channel)) / Math.sqrt(at(spread, channel) + EPSILON);
    dBias[channel] = (dBias[channel] as number) + value;
    dScale[channel] = (dScale[channel] as number) + value * normal;
    biasSize[channel] = (biasSize[channel] as number) + Math.abs(value);
    scaleSize[channel] = (scaleSize[channel] as number) + Math.abs(value * normal);
  }
  for (let channel = 0; channel < channels; channel++) {
    const error = (name: string, wanted: Float64Array) =>
      Math.abs(at(valueAt(found, name), channel) - at(wanted, channel));
    expect(error('dBias', dBias)).toBeLessThanOrEqual(1e-6 * at(biasSize, channel));
    expect(error('dScale', dScale)).toBeLessThanOrEqual(2e-6 * at(scaleSize, channel));
  }
}

/** The convolution, and the moments of a batch norm that reads it. */
function convolved(graph: GraphBuilder, drawn: Drawn) {
  const [image, filter] = [graph.input('x', drawn.x), graph.input('weight', drawn.weight)];
  const made = graph.applyOne(conv, [image, filter], attributesOf(drawn));
  const vector = (value: number) => graph.applyOne(constant, [], { shape: [dimension(drawn.y, 1)], value });
  const [, mean, variance] = graph.apply(batchNormTraining, [made, vector(1), vector(0)], { epsilon: EPSILON });
  graph.output('mean', nth([mean], 0));
  graph.output('variance', nth([variance], 0));
  return { image, filter, made };
}

interface Differentiated {
  readonly drawn: Drawn;
  readonly dy: Value;
  readonly image: Value;
  readonly filter: Value;
  readonly after: After;
}

/** The gradient by the input with what is done to it, and the gradients of a batch norm of the input that it reaches next. */
function differentiated(graph: GraphBuilder, { drawn: { x, ...drawn }, dy, image, filter, after }: Differentiated) {
  const attributes = { ...attributesOf({ x, ...drawn }), inputShape: x };
  const own = graph.applyOne(convInputGradient, [dy, filter], attributes);
  const sum = after.added ? graph.applyOne(add, [graph.input('other', x), own], {}) : own;
  const dx = after.rectified ? graph.applyOne(reluGradient, [sum, graph.input('result', x)], {}) : sum;
  graph.output('dx', dx);
  if (!after.normalised) return;
  const vectors = [dimension(x, 1)];
  const scale = graph.applyOne(constant, [], { shape: vectors, value: 1 });
  const statistics = [graph.input('middle', vectors), graph.input('spread', vectors)];
  const [, dScale, dBias] = graph.apply(batchNormTrainingGradient, [dx, image, scale, ...statistics], {
    epsilon: EPSILON,
  });
  graph.output('dScale', nth([dScale], 0));
  graph.output('dBias', nth([dBias], 0));
}

function programOf(drawn: Drawn, after: After) {
  const { weight, y } = drawn;
  const graph = new GraphBuilder();
  const { image, filter, made } = convolved(graph, drawn);
  graph.output('y', made);
  const [dy, attributes] = [graph.input('dy', y), attributesOf(drawn)];
  differentiated(graph, { drawn, dy, image, filter, after });
  graph.output('dWeight', graph.applyOne(convWeightGradient, [image, dy], { ...attributes, weightShape: weight }));
  return graph.build();
}
