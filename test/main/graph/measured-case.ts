/** One case of an operation: run on an engine, in float64, and differentiated by finite differences. */
import { expect } from 'vitest';
import { at } from '../../../main/at.ts';
import type { Device } from '../../../main/engines/device.ts';
import type { Engine, TensorData } from '../../../main/engines/engine.ts';
import { GraphBuilder } from '../../../main/graph/graph-builder.ts';
import { nth } from '../../../main/graph/op-definition.ts';
import { elementCount, type Shape, type Value } from '../../../main/graph/program.ts';
import { CounterRandom } from '../../../main/random.ts';
import { viewLines } from '../../../main/view-lines.ts';
import { references, type Tensor64 } from './float64-reference.ts';
import type { OperationCase } from './operation-cases.ts';

export const SEED = 20190502;
const STEP = 1e-5;
const CHECKED_ELEMENTS = 24;
/** Separate random streams of a case. */
const [INPUTS, INCOMING, PLACES] = [1, 2, 3];

/** What a case requires of an engine. */
export interface MeasuredEngine {
  readonly device: Device;
  readonly engine: Pick<Engine, 'prepare'>;
}

/** The error of each of the engine's outputs relative to the float64 reference. */
export async function outputErrors(one: OperationCase, on: MeasuredEngine): Promise<number[]> {
  const { inputs, wanted } = referenceOf(one);
  const { outputs } = await runCase(one, inputs, on, undefined);
  return wanted.map((values, output) => relativeError(outputs[output] as Float32Array, values));
}

/** The error of the engine's gradients relative to finite differences, for each input that has one. */
export async function gradientErrors(
  one: OperationCase,
  on: MeasuredEngine,
): Promise<{ readonly input: number; readonly error: number }[]> {
  const reference = referenceOf(one);
  const { gradients } = await runCase(one, reference.inputs, on, reference.incoming);
  return gradients.map(([input, gradient]) => {
    const { places, wanted } = differencesOf(one, reference, input);
    const found = places.map((place) => gradient[place] ?? Number.NaN);
    return { input, error: relativeError(found, wanted) };
  });
}

interface Differences {
  readonly places: readonly number[];
  readonly wanted: readonly number[];
}

/** The inputs and expected results of a case, the same on every engine and therefore computed once. */
interface Reference {
  readonly inputs: readonly TensorData[];
  readonly wanted: readonly Float64Array[];
  readonly incoming: readonly Float32Array[];
  /** Keyed by requested input. */
  readonly differences: Map<number, Differences>;
}

const references64 = new WeakMap<OperationCase, Reference>();

function referenceOf(one: OperationCase): Reference {
  const known = references64.get(one);
  if (known) return known;
  const inputs = drawInputs(one);
  const wanted = forward(one, inputs);
  const random = new CounterRandom(...one.number, INCOMING);
  const incoming = wanted
    .slice(0, one.differentiated)
    .map((values) => Float32Array.from(values, () => random.normal()));
  const made = { inputs, wanted, incoming, differences: new Map() };
  references64.set(one, made);
  return made;
}

function differencesOf(one: OperationCase, { inputs, incoming, differences }: Reference, input: number): Differences {
  const known = differences.get(input);
  if (known) return known;
  const made = finiteDifferences(one, inputs, incoming, input, new CounterRandom(...one.number, PLACES, input));
  differences.set(input, made);
  return made;
}

export function describeShapes({ inputs, attributes }: OperationCase): string {
  return `${inputs.map(({ shape }) => `[${shape.join()}]`).join(' ')} ${JSON.stringify(attributes)}`;
}

function drawInputs(one: OperationCase): TensorData[] {
  return one.inputs.map(({ shape, draw }, input) => {
    const random = new CounterRandom(...one.number, INPUTS, input);
    const length = elementCount(shape);
    if (draw === 'class') return Int32Array.from({ length }, () => random.integer(one.inputs[0]?.shape[1] ?? 1));
    if (draw === 'level') return Uint8Array.from({ length }, () => random.integer(256));
    if (draw === 'view') return drawnViews(one, shape, random);
    if (draw === 'no' || draw === 'yes') return Int32Array.of(Number(draw === 'yes'));
    if (draw === 'distribution') {
      const width = shape.at(-1) ?? 1;
      const raw = Float32Array.from({ length }, () => 0.1 + random.uniform());
      return raw.map((value, place) => {
        const row = Math.floor(place / width) * width;
        return value / raw.slice(row, row + width).reduce((sum, other) => sum + other, 0);
      });
    }
    return Float32Array.from({ length }, () => {
      if (draw === 'uniform') return random.uniform();
      if (draw === 'positive') return 0.5 + random.uniform();
      // Away from 0, where a ReLU has no derivative for finite differences to find.
      const value = random.normal();
      return value + Math.sign(value) * 0.01;
    });
  });
}

/**
 * About half of the positions are pixel centres, the others lie between; about half of the rows and columns are marked
 * as erased.
 */
function drawnViews(one: OperationCase, shape: Shape, random: CounterRandom): Float32Array {
  const pixels = nth(one.inputs, 0).shape;
  const last = at(pixels, pixels.length - 2) - 1;
  const size = at(shape, 2);
  return Float32Array.from({ length: elementCount(shape) }, (_, index) => {
    if (Math.floor(index / size) % viewLines.length >= 2) return random.integer(2);
    return random.integer(2) ? random.integer(last + 1) : random.uniform() * last;
  });
}

function toReference(one: OperationCase, inputs: readonly TensorData[]): Tensor64[] {
  return one.inputs.map(({ shape }, index) => ({ shape, data: Float64Array.from(inputs[index] ?? []) }));
}

function forward(
  one: OperationCase,
  inputs: readonly TensorData[],
  tensors = toReference(one, inputs),
): Float64Array[] {
  const shapes = one.definition.infer(one.inputs, one.attributes).map(({ shape }) => shape);
  return references[one.kind](tensors, one.attributes as never, shapes);
}

/**
 * Runs the operation, and its gradient if output gradients are given, as part of a training: inputs are state, like
 * weights.
 */
async function runCase(
  one: OperationCase,
  inputs: readonly TensorData[],
  { device, engine }: MeasuredEngine,
  incoming: readonly Float32Array[] | undefined,
) {
  const graph = new GraphBuilder();
  const state = new Map<string, Float32Array>();
  const feeds = new Map<string, TensorData>();
  const values = one.inputs.map(({ shape, dtype }, index) => {
    const data = inputs[index] as TensorData;
    if (!(data instanceof Float32Array)) {
      feeds.set(`input ${index}`, data);
      return graph.input(`input ${index}`, shape, dtype);
    }
    state.set(`state ${index}`, data);
    const value = graph.state(`state ${index}`, shape);
    graph.setNext(`state ${index}`, value);
    return value;
  });
  const outputs = graph.apply(one.definition, values, one.attributes);
  if (incoming) differentiate(graph, one, values, outputs, incoming, feeds);
  else for (const [index, output] of outputs.entries()) graph.output(`output ${index}`, output);
  const session = await engine.prepare(graph.build(), state, { device });
  try {
    const results = await session.run(feeds);
    const kept = await session.readState();
    for (const [name, data] of state) expect(kept.get(name), 'state comes back as it was given').toEqual(data);
    const gradients = [...results]
      .filter(([name]) => name.startsWith('gradient '))
      .map(([name, data]) => [Number(name.slice('gradient '.length)), data] as const);
    return { outputs: outputs.map((_, index) => results.get(`output ${index}`)), gradients };
  } finally {
    await session.dispose();
  }
}

function differentiate(
  graph: GraphBuilder,
  one: OperationCase,
  values: readonly Value[],
  outputs: readonly Value[],
  incoming: readonly Float32Array[],
  feeds: Map<string, TensorData>,
): void {
  const outputGradients = outputs.map((output, index) => {
    const data = incoming[index];
    if (!data) return undefined;
    feeds.set(`incoming ${index}`, data);
    return graph.input(`incoming ${index}`, output.shape);
  });
  const wanted = values.map(({ dtype }) => dtype === 'float32');
  const { attributes, definition } = one;
  const made = definition.gradient?.({ graph, inputs: values, outputs, attributes, outputGradients, wanted }) ?? [];
  made.forEach((gradient, index) => {
    if (gradient && wanted[index]) graph.output(`gradient ${index}`, gradient);
  });
}

/** Central differences of Σ incoming · output with respect to some elements of one input. */
function finiteDifferences(
  one: OperationCase,
  inputs: readonly TensorData[],
  incoming: readonly Float32Array[],
  input: number,
  random: CounterRandom,
): { places: number[]; wanted: number[] } {
  const tensors = toReference(one, inputs);
  const moved = tensors[input]?.data ?? new Float64Array();
  const weighted = () =>
    forward(one, inputs, tensors).reduce(
      (sum, values, output) =>
        sum + values.reduce((inner, value, index) => inner + value * (incoming[output]?.[index] ?? 0), 0),
      0,
    );
  const all = Array.from({ length: moved.length }, (_, place) => place);
  const places =
    all.length <= CHECKED_ELEMENTS ? all : Array.from({ length: CHECKED_ELEMENTS }, () => random.integer(all.length));
  const wanted = places.map((place) => {
    const kept = moved[place] ?? 0;
    moved[place] = kept + STEP;
    const above = weighted();
    moved[place] = kept - STEP;
    const below = weighted();
    moved[place] = kept;
    return (above - below) / (2 * STEP);
  });
  return { places, wanted };
}

/** The norm of the difference, relative to the norm of the expected values (or to 1 if they are close to zero). */
function relativeError(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let [difference, size] = [0, 0];
  for (let i = 0; i < wanted.length; i++) {
    difference += ((found[i] ?? Number.NaN) - (wanted[i] ?? 0)) ** 2;
    size += (wanted[i] ?? 0) ** 2;
  }
  return Math.sqrt(difference) / Math.max(Math.sqrt(size), 0.01);
}
