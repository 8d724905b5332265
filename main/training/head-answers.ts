/**
 * A classifier over features, ready for prediction: from an external network's outputs to probabilities of our classes.
 */
import { at } from '../at.ts';
import type { Engine, SessionOptions } from '../engines/engine.ts';
import { GraphBuilder } from '../graph/graph-builder.ts';
import { linear } from '../graph/ops/linear.ts';
import { relu } from '../graph/ops/relu.ts';
import { softmax } from '../graph/ops/softmax.ts';
import type { FeatureHead, Layer, MappedFeatureHead, NearestFeatureHead } from '../models/feature-head.ts';
import { nearestVotes, normalisedRows } from './nearest-neighbours.ts';

export interface HeadAnswers {
  /** The largest number of pictures per prediction. */
  readonly batch: number;
  /**
   * @param features [count, dimension]
   * @returns [count, classes]
   */
  of(features: Float32Array, count: number): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Fewer multiplications than this are done before a second thread has started. */
export const WORTH_THREADS = 2 ** 26;

/**
 * Uses a single thread where that is as fast: threads that wait for small products take a core away from reading and
 * writing.
 */
export function suitedTo(multiplications: number, target: SessionOptions): SessionOptions {
  return multiplications < WORTH_THREADS ? { ...target, threads: 1 } : target;
}

/** Similarities to all known images at once: 16 MiB. */
const MOST_SIMILARITIES = 2 ** 22;

export async function openHead(
  head: FeatureHead,
  batch: number,
  engine: Engine,
  target: SessionOptions,
): Promise<HeadAnswers> {
  if (head.kind === 'linear') return await openLayers([head], batch, engine, target);
  if (head.kind === 'mlp') return await openLayers([head.hidden, head], batch, engine, target);
  if (head.kind === 'nearest') return await openNearest(head, batch, engine, target);
  return openMapped(head, batch);
}

/** Consecutive layers with a ReLU in between, followed by a softmax over the classes. */
async function openLayers(layers: readonly Layer[], batch: number, engine: Engine, target: SessionOptions) {
  const graph = new GraphBuilder();
  const state = new Map<string, Float32Array>();
  const inputsOf = ({ weight, bias }: Layer) => weight.length / bias.length;
  const [first, last] = [at(layers, 0), at(layers, layers.length - 1)];
  const [dimension, classes] = [inputsOf(first), last.bias.length];
  let made = graph.input('features', [batch, dimension]);
  let multiplications = 0;
  for (const [place, layer] of layers.entries()) {
    const outputs = layer.bias.length;
    const [weight, bias] = [`weight ${place}`, `bias ${place}`];
    state.set(weight, layer.weight).set(bias, layer.bias);
    const given = [graph.state(weight, [outputs, inputsOf(layer)]), graph.state(bias, [outputs])];
    made = graph.applyOne(linear, [made, ...given], {});
    if (layer !== last) made = graph.applyOne(relu, [made], {});
    multiplications += batch * layer.weight.length;
  }
  graph.output('answers', graph.applyOne(softmax, [made], {}));
  const session = await engine.prepare(graph.build(), state, suitedTo(multiplications, target));
  const of = async (features: Float32Array, count: number) => {
    const answers = await session.run(new Map([['features', padded(features, batch * dimension)]]));
    return outputOf(answers).slice(0, count * classes);
  };
  return { batch, of, close: () => session.dispose() };
}

async function openNearest(head: NearestFeatureHead, most: number, engine: Engine, target: SessionOptions) {
  const { known, labels, dimension, classNames } = head;
  const batch = Math.max(1, Math.min(most, Math.floor(MOST_SIMILARITIES / labels.length)));
  const state = new Map([
    ['weight', known],
    ['bias', new Float32Array(labels.length)],
  ]);
  const program = linearProgram({ batch, dimension, rows: labels.length });
  const session = await engine.prepare(program, state, target);
  const of = async (features: Float32Array, count: number) => {
    const rows = padded(normalisedRows(features, dimension), batch * dimension);
    const similarities = outputOf(await session.run(new Map([['features', rows]])));
    return nearestVotes(similarities.subarray(0, count * labels.length), { ...head, classes: classNames.length });
  };
  return { batch, of, close: () => session.dispose() };
}

/**
 * Probability of classes that map to none of ours is lost: a picture of something else is then not confidently any of
 * our classes. For a class of ours to which none maps the result is NaN.
 */
function openMapped({ given, meaning, dimension, classNames }: MappedFeatureHead, batch: number): HeadAnswers {
  const classes = classNames.length;
  const meant = new Set(meaning);
  const nothing = Float32Array.from(classNames, (_, ours) => (meant.has(ours) ? 0 : Number.NaN));
  const of = async (features: Float32Array, count: number) => {
    const answers = new Float32Array(count * classes);
    for (let row = 0; row < count; row++) answers.set(nothing, row * classes);
    for (let row = 0; row < count; row++) {
      const own = features.subarray(row * dimension, (row + 1) * dimension);
      const shares = given === 'logits' ? softmaxOf(own) : own;
      meaning.forEach((ours, theirs) => {
        const place = row * classes + ours;
        if (ours >= 0) answers[place] = at(answers, place) + at(shares, theirs);
      });
    }
    return answers;
  };
  return { batch, of, close: async () => {} };
}

function softmaxOf(logits: Float32Array): Float32Array {
  const most = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = logits.map((value) => Math.exp(value - most));
  const total = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / total);
}

function padded(values: Float32Array, length: number): Float32Array {
  if (values.length === length) return values;
  const longer = new Float32Array(length);
  longer.set(values);
  return longer;
}

function outputOf(outputs: ReadonlyMap<string, Float32Array>): Float32Array {
  const answers = outputs.get('answers');
  if (!answers) throw new Error('the program gives no answers');
  return answers;
}

interface LinearShape {
  readonly batch: number;
  readonly dimension: number;
  readonly rows: number;
}

/** Products of features with rows of weights. */
export function linearProgram({ batch, dimension, rows }: LinearShape) {
  const graph = new GraphBuilder();
  const given = [graph.input('features', [batch, dimension])];
  const parameters = [graph.state('weight', [rows, dimension]), graph.state('bias', [rows])];
  graph.output('answers', graph.applyOne(linear, [...given, ...parameters], {}));
  return graph.build();
}
