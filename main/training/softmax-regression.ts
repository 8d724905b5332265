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
    const forward = await engine.prepare(logitsProgram(data), state, target);
    try {
      return new SoftmaxRegression(data, forward, await engine.prepare(gradientProgram(data), state, target));
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
      loss += at(weights, row) * (logSumExp(own) - at(own, label));
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
    // Becomes (softmax − target) · weight.
    labels.forEach((label, row) => {
      const own = logits.subarray(row * classes, (row + 1) * classes);
      const [weight, total] = [at(weights, row), logSumExp(own)];
      value += weight * (total - at(own, label));
      for (let classId = 0; classId < classes; classId++) {
        const change = weight * (Math.exp(at(own, classId) - total) - Number(classId === label));
        own[classId] = change;
        gradient[classes * dimension + classId] = at(gradient, classes * dimension + classId) + change;
      }
    });
    const outputs = await this.#backward.run(new Map([['changes', logits]]));
    const found = valueAt(outputs, 'gradient');
    for (let index = 0; index < classes * dimension; index++) {
      const parameter = at(x, index);
      value += 0.5 * penalty * parameter * parameter;
      gradient[index] = at(found, index) + penalty * parameter;
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

function logSumExp(values: Float32Array): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) most = Math.max(most, value);
  let sum = 0;
  for (const value of values) sum += Math.exp(value - most);
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
