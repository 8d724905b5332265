/**
 * ResNet and ResNeXt as operations of a graph (He et al., 2015; Xie et al., 2016), with torchvision's details: a
 * bottleneck's stride sits in its 3×3, batch norm has ε = 1e-5 and momentum 0.1, its running variance is unbiased.
 */
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import { nth } from '../../graph/op-definition.ts';
import { add } from '../../graph/ops/add.ts';
import { batchNormInference } from '../../graph/ops/batch-norm-inference.ts';
import { batchNormTraining } from '../../graph/ops/batch-norm-training.ts';
import { conv } from '../../graph/ops/conv.ts';
import { dropout } from '../../graph/ops/dropout.ts';
import { exponentialAverage } from '../../graph/ops/exponential-average.ts';
import { globalAveragePool } from '../../graph/ops/global-average-pool.ts';
import { linear } from '../../graph/ops/linear.ts';
import { maxPool } from '../../graph/ops/max-pool.ts';
import { relu } from '../../graph/ops/relu.ts';
import type { Shape, Value } from '../../graph/program.ts';
import { dimension, elementCount } from '../../graph/program.ts';
import { valueAt } from '../../value-at.ts';
import type { Network, NetworkOptions } from '../architecture.ts';
import { type BlockShape, blockShapes, parameterShapes, type ResidualConfig } from './residual-config.ts';

const EPSILON = 1e-5;
const BATCH_NORM_MOMENTUM = 0.1;

/** Adds the network to `graph`; `images` is [batch, 3, size, size], normalised. */
export function residualNetwork(
  graph: GraphBuilder,
  config: ResidualConfig,
  images: Value,
  options: NetworkOptions,
): Network {
  const layer = new Layers(graph, parameterShapes(config), options.normalisesByBatch);
  const stem = config.stem === 'imagenet' ? { stride: 2, padding: 3 } : { stride: 1, padding: 1 };
  let x = layer.relu(layer.batchNorm('bn1', layer.conv('conv1', images, stem.stride, stem.padding)));
  if (config.stem === 'imagenet') {
    const window = { kernel: [3, 3], strides: [2, 2], padding: [1, 1], dilations: [1, 1] };
    x = graph.applyOne(maxPool, [x], window);
  }
  for (const block of blockShapes(config)) x = residualBlock(graph, layer, config, block, x);
  const features = graph.applyOne(globalAveragePool, [x], {});
  const { rate, noise } = options.dropout ?? {};
  const kept = noise ? graph.applyOne(dropout, [features, noise], { rate: rate ?? 0 }) : features;
  const logits = graph.applyOne(linear, [kept, layer.parameter('fc.weight'), layer.parameter('fc.bias')], {});
  return { logits, features };
}

function residualBlock(graph: GraphBuilder, layer: Layers, config: ResidualConfig, block: BlockShape, x: Value): Value {
  const { name, stride } = block;
  const convBatchNorm = (index: number, input: Value, step: number, padding: number, groups = 1) =>
    layer.batchNorm(`${name}.bn${index}`, layer.conv(`${name}.conv${index}`, input, step, padding, groups));
  let y: Value;
  if (config.block === 'basic') {
    y = convBatchNorm(2, layer.relu(convBatchNorm(1, x, stride, 1)), 1, 1);
  } else {
    y = layer.relu(convBatchNorm(1, x, 1, 0));
    y = layer.relu(convBatchNorm(2, y, stride, 1, config.groups));
    y = convBatchNorm(3, y, 1, 0);
  }
  const shortcut = block.downsample
    ? layer.batchNorm(`${name}.downsample.1`, layer.conv(`${name}.downsample.0`, x, stride, 0))
    : x;
  return layer.relu(graph.applyOne(add, [y, shortcut], {}));
}

/** The layers that hold parameters, by torchvision's names. */
class Layers {
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
    return this.#graph.applyOne(conv, [x, this.parameter(`${name}.weight`)], {
      strides: [stride, stride],
      padding: [padding, padding],
      dilations: [1, 1],
      groups,
    });
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
