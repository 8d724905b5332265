/**
 * Multinomial logistic regression over features that stay on a device: loss and gradient by two products of the engine, the
 * rest in doubles, minimised by L-BFGS. What a classifier is trained and chosen by is in `linear-head.ts`.
 */
import { at } from '../at.ts';
import type { Engine, ProgramSession, SessionOptions } from '../engines/engine.ts';
import { GraphBuilder } from '../graph/graph-builder.ts';
import { linear } from '../graph/ops/linear.ts';
import { matMul } from '../graph/ops/mat-mul.ts';
import { valueAt } from '../value-at.ts';
import { suitedTo } from './head-answers.ts';
import { minimise } from './lbfgs.ts';

export interface LabelledFeatures {
  /** [images, dimension], row-major. */
  readonly features: Float32Array;
  readonly dimension: number;
  /** Of each image, its class: an output of the classifier. */
  readonly labels: Int32Array;
  readonly classes: number;
}

interface Fit {
  readonly penalty: number;
  readonly weights: Float64Array;
  readonly limits: Parameters<typeof minimise>[2];
  readonly shouldStop: (() => void) | undefined;
}

/** The loss and its gradient over images whose features stay on the device. Parameters are [classes, dimension] and [classes]. */
export class SoftmaxRegression {
  readonly #data: LabelledFeatures;
  readonly #forward: ProgramSession;
  readonly #backward: ProgramSession;

  private constructor(data: LabelledFeatures, forward: ProgramSession, backward: ProgramSession) {
    this.#data = data;
    this.#forward = forward;
    this.#backward = backward;
  }

  static async open(data: LabelledFeatures, engine: Engine, target: SessionOptions): Promise<SoftmaxRegression> {
    const state = new Map([['features', data.features]]);
    const suited = suitedTo(data.features.length * data.classes, target);
    const forward = await engine.prepare(logitsProgram(data), state, suited);
    try {
      return new SoftmaxRegression(data, forward, await engine.prepare(gradientProgram(data), state, suited));
    } catch (error) {
      await forward.dispose();
      throw error;
    }
  }

  zero(): Float64Array {
    return new Float64Array((this.#data.dimension + 1) * this.#data.classes);
  }

  async fit(start: Float64Array, { penalty, weights, limits, shouldStop }: Fit): Promise<Float64Array> {
    const objective = async (x: Float64Array) => {
      shouldStop?.();
      return await this.#objective(x, weights, penalty);
    };
    return (await minimise(objective, start, limits)).x;
  }

  /** @param counted which images' answers are counted */
  async measure(x: Float64Array, weights: Float64Array, counted: Uint8Array): Promise<{ loss: number; right: number }> {
    const { labels, classes } = this.#data;
    const logits = await this.#logits(x);
    let [loss, right] = [0, 0];
    labels.forEach((label, row) => {
      if (counted[row] !== 1) return;
      const own = logits.subarray(row * classes, (row + 1) * classes);
      right += Number(own.indexOf(Math.max(...own)) === label);
      loss += at(weights, row) * (logSumExp(own, 0, classes) - at(own, label));
    });
    return { loss, right };
  }

  async close(): Promise<void> {
    await this.#forward.dispose();
    await this.#backward.dispose();
  }

  async #objective(x: Float64Array, weights: Float64Array, penalty: number) {
    const { labels, classes, dimension } = this.#data;
    const logits = await this.#logits(x);
    const gradient = new Float64Array(x.length);
    let value = 0;
    // Becomes (softmax − target) · weight, number by number: rows as arrays of their own would cost more than the sums.
    for (let row = 0; row < labels.length; row++) {
      const [first, label, weight] = [row * classes, labels[row] as number, weights[row] as number];
      if (weight === 0) {
        logits.fill(0, first, first + classes);
        continue;
      }
      const total = logSumExp(logits, first, classes);
      value += weight * (total - (logits[first + label] as number));
      for (let classId = 0; classId < classes; classId++) {
        const share = Math.exp((logits[first + classId] as number) - total);
        const change = weight * (share - (classId === label ? 1 : 0));
        logits[first + classId] = change;
        const bias = classes * dimension + classId;
        gradient[bias] = (gradient[bias] as number) + change;
      }
    }
    const outputs = await this.#backward.run(new Map([['changes', logits]]));
    const found = valueAt(outputs, 'gradient');
    for (let index = 0; index < classes * dimension; index++) {
      const parameter = x[index] as number;
      value += 0.5 * penalty * parameter * parameter;
      gradient[index] = (found[index] as number) + penalty * parameter;
    }
    return { value, gradient };
  }

  async #logits(x: Float64Array): Promise<Float32Array> {
    const { classes, dimension } = this.#data;
    const inputs = new Map([
      ['weight', Float32Array.from(x.subarray(0, classes * dimension))],
      ['bias', Float32Array.from(x.subarray(classes * dimension))],
    ]);
    return valueAt(await this.#forward.run(inputs), 'logits');
  }
}

/** Of `count` values from `first` on. */
function logSumExp(values: Float32Array, first: number, count: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let index = first; index < first + count; index++) most = Math.max(most, values[index] as number);
  let sum = 0;
  for (let index = first; index < first + count; index++) sum += Math.exp((values[index] as number) - most);
  return most + Math.log(sum);
}

function logitsProgram({ labels, classes, dimension }: LabelledFeatures) {
  const graph = new GraphBuilder();
  const features = graph.state('features', [labels.length, dimension]);
  const given = [graph.input('weight', [classes, dimension]), graph.input('bias', [classes])];
  graph.output('logits', graph.applyOne(linear, [features, ...given], {}));
  return graph.build();
}

function gradientProgram({ labels, classes, dimension }: LabelledFeatures) {
  const graph = new GraphBuilder();
  const features = graph.state('features', [labels.length, dimension]);
  const changes = graph.input('changes', [labels.length, classes]);
  const attributes = { transposeA: true, transposeB: false };
  graph.output('gradient', graph.applyOne(matMul, [changes, features], attributes));
  return graph.build();
}
