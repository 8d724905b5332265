/**
 * Multinomial logistic regression over features, or over one hidden layer on top of them: loss and gradient computed by
 * a program of the engine, accumulated in doubles, minimised by L-BFGS. A processor gets views of the features, some
 * rows at a time; a separate device keeps a copy. How a classifier is trained and selected is in `linear-head.ts`.
 */
import { at } from '../at.ts';
import type { Engine, ProgramSession, SessionOptions } from '../engines/engine.ts';
import { GraphBuilder } from '../graph/graph-builder.ts';
import { add } from '../graph/ops/add.ts';
import { linear } from '../graph/ops/linear.ts';
import { matMul } from '../graph/ops/mat-mul.ts';
import { multiply } from '../graph/ops/multiply.ts';
import { relu } from '../graph/ops/relu.ts';
import { reluGradient } from '../graph/ops/relu-gradient.ts';
import { softmax } from '../graph/ops/softmax.ts';
import { sumOverBatch } from '../graph/ops/sum-over-batch.ts';
import { elementCount, type Shape, type Value } from '../graph/program.ts';
import { CounterRandom } from '../random.ts';
import { valueAt } from '../value-at.ts';
import { suitedTo, WORTH_THREADS } from './head-answers.ts';
import { minimise } from './lbfgs.ts';

export interface LabelledFeatures {
  /** [images, dimension], row-major. */
  readonly features: Float32Array;
  readonly dimension: number;
  /** The class of each image: an output of the classifier. */
  readonly labels: Int32Array;
  readonly classes: number;
  /** Units of the hidden layer; absent if there is none. */
  readonly hidden?: number | undefined;
}

/** A section of the parameter vector. */
interface Parameter {
  readonly name: string;
  readonly shape: Shape;
  /** Its start. */
  readonly first: number;
  /** Biases are not penalised. */
  readonly decays: boolean;
}

interface Fit {
  readonly penalty: number;
  /** The weight of each image. */
  readonly weights: Float64Array;
  readonly limits: Parameters<typeof minimise>[2];
  readonly shouldStop: (() => void) | undefined;
}

const START = 45;
const LEAST_ROWS = 1024;
/** Keeps the loss finite when the probability of the true class underflows. */
const LEAST_SHARE = 2 ** -149;

/** Weight [classes, dimension] and bias [classes]; with a hidden layer, its weight and bias come first. */
function parametersOf({ dimension, classes, hidden }: LabelledFeatures): Parameter[] {
  const shapes: [string, Shape][] =
    hidden === undefined
      ? [
          ['weight', [classes, dimension]],
          ['bias', [classes]],
        ]
      : [
          ['hiddenWeight', [hidden, dimension]],
          ['hiddenBias', [hidden]],
          ['weight', [classes, hidden]],
          ['bias', [classes]],
        ];
  let first = 0;
  return shapes.map(([name, shape]) => {
    const parameter = { name, shape, first, decays: shape.length > 1 };
    first += elementCount(shape);
    return parameter;
  });
}

/** The loss and its gradient over images. */
export class SoftmaxRegression {
  readonly #data: LabelledFeatures;
  readonly #session: ProgramSession;
  readonly #rows: number;
  readonly #resident: boolean;
  readonly #parameters: readonly Parameter[];
  /** [rows, classes], as the program takes them: rewritten for each part. */
  readonly #counts: Float32Array;
  readonly #wanted: Float32Array;

  private constructor(data: LabelledFeatures, session: ProgramSession, rows: number, resident: boolean) {
    this.#data = data;
    this.#session = session;
    this.#rows = rows;
    this.#resident = resident;
    this.#parameters = parametersOf(data);
    this.#counts = new Float32Array(rows * data.classes);
    this.#wanted = new Float32Array(rows * data.classes);
  }

  /** @param mostRows the most rows passed to a processor at once */
  static async open(
    data: LabelledFeatures,
    engine: Engine,
    target: SessionOptions,
    mostRows = worthThreads(data),
  ): Promise<SoftmaxRegression> {
    const { labels, features } = data;
    const resident = engine.traits(target.device).keepsStateOnDevice;
    const rows = resident ? labels.length : evenly(labels.length, mostRows);
    const state = new Map<string, Float32Array>();
    if (resident) state.set('features', features);
    const suited = suitedTo(rows * multiplications(data), target);
    const session = await engine.prepare(objectiveProgram(data, rows, resident), state, suited);
    return new SoftmaxRegression(data, session, rows, resident);
  }

  /** Zeros; with a hidden layer, whose units would all stay identical, random as in He et al. (2015). */
  start(seed: number): Float64Array {
    const parts = this.#parameters.map(({ shape }) => {
      const values = new Float64Array(elementCount(shape));
      const [, inputs] = shape;
      if (this.#data.hidden === undefined || inputs === undefined) return values;
      const random = new CounterRandom(seed, START, inputs);
      return values.map(() => Math.sqrt(2 / inputs) * random.normal());
    });
    return Float64Array.from(parts.flatMap((values) => [...values]));
  }

  /** The parameters of this name. */
  named(name: string, x: Float64Array): Float32Array {
    const parameter = this.#parameters.find((one) => one.name === name);
    if (!parameter) throw new Error(`the classifier has no ${name}`);
    return valuesOf(parameter, x);
  }

  async fit(start: Float64Array, { penalty, weights, limits, shouldStop }: Fit): Promise<Float64Array> {
    const objective = async (x: Float64Array) => {
      shouldStop?.();
      const { loss, gradient } = await this.#evaluate(x, weights);
      return this.#penalised(x, penalty, loss, gradient);
    };
    return (await minimise(objective, start, limits)).x;
  }

  /** @param weights the weight of each image; those with weight zero are skipped */
  async measure(x: Float64Array, weights: Float64Array): Promise<{ loss: number; right: number }> {
    const { loss, right } = await this.#evaluate(x, weights);
    return { loss, right };
  }

  async close(): Promise<void> {
    await this.#session.dispose();
  }

  async #evaluate(x: Float64Array, weights: Float64Array) {
    const { labels, classes, dimension, features } = this.#data;
    const rows = this.#rows;
    const inputs = new Map<string, Float32Array>([
      ...this.#parameters.map((parameter) => [parameter.name, valuesOf(parameter, x)] as const),
      ['counts', this.#counts],
      ['wanted', this.#wanted],
    ]);
    const gradient = new Float64Array(x.length);
    let [loss, right] = [0, 0];
    for (let begins = 0; begins < labels.length; begins += rows) {
      // The last part starts early enough to be full; rows already counted in the part before get weight zero.
      const first = Math.min(begins, labels.length - rows);
      const own = begins - first;
      this.#count(weights, first, own);
      if (!this.#resident) inputs.set('features', features.subarray(first * dimension, (first + rows) * dimension));
      const outputs = await this.#session.run(inputs);
      const shares = valueAt(outputs, 'shares');
      for (let row = own; row < rows; row++) {
        const weight = weights[first + row] as number;
        if (weight === 0) continue;
        const label = labels[first + row] as number;
        const share = shares[row * classes + label] as number;
        loss -= weight * Math.log(Math.max(share, LEAST_SHARE));
        right += Number(largestIs(shares, row * classes, classes, label));
      }
      for (const { name, first: place } of this.#parameters) addTo(gradient, valueAt(outputs, gradientOf(name)), place);
    }
    return { loss, right, gradient };
  }

  /** For a part whose first `own` rows have weight zero. */
  #count(weights: Float64Array, first: number, own: number): void {
    const { labels, classes } = this.#data;
    this.#counts.fill(0);
    this.#wanted.fill(0);
    for (let row = own; row < this.#rows; row++) {
      const weight = at(weights, first + row);
      this.#counts.fill(weight, row * classes, (row + 1) * classes);
      this.#wanted[row * classes + at(labels, first + row)] = -weight;
    }
  }

  #penalised(x: Float64Array, penalty: number, loss: number, gradient: Float64Array) {
    let value = loss;
    for (const { first, shape } of this.#parameters.filter(({ decays }) => decays)) {
      for (let index = first; index < first + elementCount(shape); index++) {
        const parameter = x[index] as number;
        value += 0.5 * penalty * parameter * parameter;
        gradient[index] = (gradient[index] as number) + penalty * parameter;
      }
    }
    return { value, gradient };
  }
}

/** Per image. */
function multiplications({ dimension, classes, hidden }: LabelledFeatures): number {
  return hidden === undefined ? dimension * classes : (dimension + classes) * hidden;
}

/** Enough rows to justify a second thread. */
function worthThreads(data: LabelledFeatures): number {
  return Math.max(LEAST_ROWS, Math.ceil(WORTH_THREADS / multiplications(data)));
}

function evenly(images: number, most: number): number {
  return Math.ceil(images / Math.ceil(images / most));
}

/** Ties go to the first. */
function largestIs(shares: Float32Array, first: number, classes: number, label: number): boolean {
  const share = shares[first + label] as number;
  for (let classId = 0; classId < classes; classId++) {
    const other = shares[first + classId] as number;
    if (other > share || (other === share && classId < label)) return false;
  }
  return true;
}

function valuesOf({ first, shape }: Parameter, x: Float64Array): Float32Array {
  return Float32Array.from(x.subarray(first, first + elementCount(shape)));
}

function gradientOf(name: string): string {
  return `gradient of ${name}`;
}

function addTo(sums: Float64Array, values: Float32Array, first: number): void {
  for (let index = 0; index < values.length; index++) {
    sums[first + index] = (sums[first + index] as number) + (values[index] as number);
  }
}

/** `counts` is each image's weight, once per class; `wanted` is its negative at the image's class. */
function objectiveProgram(data: LabelledFeatures, rows: number, resident: boolean) {
  const { classes, dimension } = data;
  const graph = new GraphBuilder();
  const shape = [rows, dimension];
  const features = resident ? graph.state('features', shape) : graph.input('features', shape);
  const given = new Map(parametersOf(data).map((one) => [one.name, graph.input(one.name, one.shape)]));
  const layer = (x: Value, weight: string, bias: string) =>
    graph.applyOne(linear, [x, valueAt(given, weight), valueAt(given, bias)], {});
  const asked =
    data.hidden === undefined ? features : graph.applyOne(relu, [layer(features, 'hiddenWeight', 'hiddenBias')], {});
  const shares = graph.applyOne(softmax, [layer(asked, 'weight', 'bias')], {});
  const counted = graph.applyOne(multiply, [shares, graph.input('counts', [rows, classes])], {});
  const changes = graph.applyOne(add, [counted, graph.input('wanted', [rows, classes])], {});
  graph.output('shares', shares);
  const gradients = (x: Value, dy: Value, weight: string, bias: string) => {
    graph.output(gradientOf(weight), graph.applyOne(matMul, [dy, x], { transposeA: true, transposeB: false }));
    graph.output(gradientOf(bias), graph.applyOne(sumOverBatch, [dy], {}));
  };
  gradients(asked, changes, 'weight', 'bias');
  if (data.hidden !== undefined) {
    const product = graph.applyOne(matMul, [changes, valueAt(given, 'weight')], {
      transposeA: false,
      transposeB: false,
    });
    gradients(features, graph.applyOne(reluGradient, [product, asked], {}), 'hiddenWeight', 'hiddenBias');
  }
  return graph.build();
}
