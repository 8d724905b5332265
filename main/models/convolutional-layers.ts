/**
 * Convolutions and batch norms, addressed by the names of their tensors, with torchvision's details: batch norm has ε =
 * 1e-5 and momentum 0.1, its running variance is unbiased.
 */
import type { GraphBuilder } from '../graph/graph-builder.ts';
import { nth } from '../graph/op-definition.ts';
import { batchNormInference } from '../graph/ops/batch-norm-inference.ts';
import { batchNormTraining } from '../graph/ops/batch-norm-training.ts';
import { conv } from '../graph/ops/conv.ts';
import { exponentialAverage } from '../graph/ops/exponential-average.ts';
import { relu } from '../graph/ops/relu.ts';
import type { Shape, Value } from '../graph/program.ts';
import { dimension, elementCount } from '../graph/program.ts';
import { valueAt } from '../value-at.ts';
import type { NetworkOptions } from './architecture.ts';

const EPSILON = 1e-5;
const BATCH_NORM_MOMENTUM = 0.1;

interface ConvolutionShape {
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly groups?: number;
}

/** The layers with parameters, by torchvision's names. */
export class ConvolutionalLayers {
  readonly #graph: GraphBuilder;
  readonly #shapes: ReadonlyMap<string, Shape>;
  readonly #normalisesByBatch: NetworkOptions['normalisesByBatch'];

  constructor(
    graph: GraphBuilder,
    shapes: ReadonlyMap<string, Shape>,
    normalisesByBatch: NetworkOptions['normalisesByBatch'],
  ) {
    this.#graph = graph;
    this.#shapes = shapes;
    this.#normalisesByBatch = normalisesByBatch;
  }

  parameter(name: string): Value {
    return this.#graph.state(name, valueAt(this.#shapes, name));
  }

  conv(name: string, x: Value, stride: number, padding: number, groups = 1): Value {
    return this.convBy(this.parameter(`${name}.weight`), x, {
      stride: [stride, stride],
      padding: [padding, padding],
      groups,
    });
  }

  convBy(weight: Value, x: Value, { stride, padding, groups = 1 }: ConvolutionShape): Value {
    const attributes = { strides: stride, padding, dilations: [1, 1], groups };
    return this.#graph.applyOne(conv, [x, weight], attributes);
  }

  relu(x: Value): Value {
    return this.#graph.applyOne(relu, [x], {});
  }

  batchNorm(name: string, x: Value): Value {
    const [scale, bias] = [this.parameter(`${name}.weight`), this.parameter(`${name}.bias`)];
    const [mean, variance] = [this.parameter(`${name}.running_mean`), this.parameter(`${name}.running_var`)];
    if (!this.#normalisesByBatch(name)) {
      return this.#graph.applyOne(batchNormInference, [x, scale, bias, mean, variance], { epsilon: EPSILON });
    }
    const [y, batchMean, batchVariance] = this.#graph.apply(batchNormTraining, [x, scale, bias], { epsilon: EPSILON });
    const count = elementCount(x.shape) / dimension(x.shape, 1);
    this.#moveAverage(`${name}.running_mean`, mean, nth([batchMean], 0), 1);
    this.#moveAverage(`${name}.running_var`, variance, nth([batchVariance], 0), count / Math.max(1, count - 1));
    return nth([y], 0);
  }

  #moveAverage(name: string, average: Value, value: Value, correction: number): void {
    const attributes = { rate: BATCH_NORM_MOMENTUM, correction };
    this.#graph.setNext(name, this.#graph.applyOne(exponentialAverage, [average, value], attributes));
  }
}
