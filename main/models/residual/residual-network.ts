/**
 * ResNet and ResNeXt as operations of a graph (He et al., 2015; Xie et al., 2016), with torchvision's details: a
 * bottleneck's stride is in its 3×3 convolution, batch norm has ε = 1e-5 and momentum 0.1, its running variance is
 * unbiased.
 */
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import { add } from '../../graph/ops/add.ts';
import { dropout } from '../../graph/ops/dropout.ts';
import { globalAveragePool } from '../../graph/ops/global-average-pool.ts';
import { linear } from '../../graph/ops/linear.ts';
import { maxPool } from '../../graph/ops/max-pool.ts';
import type { Value } from '../../graph/program.ts';
import type { Network, NetworkOptions } from '../architecture.ts';
import { ConvolutionalLayers } from '../convolutional-layers.ts';
import { branchKeeper } from '../stochastic-depth.ts';
import { type BlockShape, blockShapes, parameterShapes, type ResidualConfig } from './residual-config.ts';

/** Adds the network to `graph`; `images` is [batch, 3, size, size], normalised. */
export function residualNetwork(
  graph: GraphBuilder,
  config: ResidualConfig,
  images: Value,
  options: NetworkOptions,
): Network {
  const layer = new ConvolutionalLayers(graph, parameterShapes(config), options.normalisesByBatch);
  const stem = config.stem === 'imagenet' ? { stride: 2, padding: 3 } : { stride: 1, padding: 1 };
  let x = layer.relu(layer.batchNorm('bn1', layer.conv('conv1', images, stem.stride, stem.padding)));
  if (config.stem === 'imagenet') {
    const window = { kernel: [3, 3], strides: [2, 2], padding: [1, 1], dilations: [1, 1] };
    x = graph.applyOne(maxPool, [x], window);
  }
  const kept = branchKeeper(graph, options.stochasticDepth);
  for (const block of blockShapes(config)) x = residualBlock(graph, layer, config, block, x, kept);
  const features = graph.applyOne(globalAveragePool, [x], {});
  const { rate, noise } = options.dropout ?? {};
  const seen = noise ? graph.applyOne(dropout, [features, noise], { rate: rate ?? 0 }) : features;
  const logits = graph.applyOne(linear, [seen, layer.parameter('fc.weight'), layer.parameter('fc.bias')], {});
  return { logits, features };
}

function residualBlock(
  graph: GraphBuilder,
  layer: ConvolutionalLayers,
  config: ResidualConfig,
  block: BlockShape,
  x: Value,
  kept: (branch: Value) => Value,
): Value {
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
  return layer.relu(graph.applyOne(add, [kept(y), shortcut], {}));
}
