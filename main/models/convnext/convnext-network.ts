/**
 * ConvNeXt as operations of a graph (Liu et al., 2022), with torchvision's details: layer norms have ε = 1e-6, and the
 * last one comes between the pooling and the classifier. Activations are rows of channels; they are converted to images
 * for a convolution, and its result back to rows.
 */
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import { add } from '../../graph/ops/add.ts';
import { globalAveragePool } from '../../graph/ops/global-average-pool.ts';
import type { Value } from '../../graph/program.ts';
import { dimension } from '../../graph/program.ts';
import type { Network, NetworkOptions } from '../architecture.ts';
import { Layers } from '../layers.ts';
import { branchKeeper } from '../stochastic-depth.ts';
import {
  type ConvNextConfig,
  convNextShapes,
  DEPTHWISE_KERNEL,
  DOWNSAMPLING,
  entryName,
  stageName,
} from './convnext-config.ts';

const EPSILON = 1e-6;

/** Adds the network to `graph`; `images` is [batch, 3, size, size], normalised. */
export function convNextNetwork(
  graph: GraphBuilder,
  config: ConvNextConfig,
  images: Value,
  options: NetworkOptions,
): Network {
  const layers = new Layers(graph, convNextShapes(config), EPSILON);
  const kept = branchKeeper(graph, options.stochasticDepth);
  let x = images;
  config.depths.forEach((depth, stage) => {
    x = stage === 0 ? stem(layers, config, images) : downsampled(layers, entryName(stage), x);
    for (let index = 0; index < depth; index++) x = block(layers, `${stageName(stage)}.${index}`, x, kept);
  });
  const pooled = graph.applyOne(globalAveragePool, [toImages(layers, x)], {});
  const features = layers.layerNorm('classifier.0', pooled);
  return { logits: layers.linear('classifier.2', layers.dropout(features, options.dropout)), features };
}

function stem(layers: Layers, { patchPx }: ConvNextConfig, images: Value): Value {
  const patches = layers.convToRows(`${entryName(0)}.0`, images, { stride: patchPx, padding: 0, groups: 1 });
  return layers.layerNorm(`${entryName(0)}.1`, patches);
}

function downsampled(layers: Layers, name: string, x: Value): Value {
  const normal = toImages(layers, layers.layerNorm(`${name}.0`, x));
  return layers.convToRows(`${name}.1`, normal, { stride: DOWNSAMPLING, padding: 0, groups: 1 });
}

function block(layers: Layers, name: string, x: Value, kept: (branch: Value) => Value): Value {
  const shape = { stride: 1, padding: (DEPTHWISE_KERNEL - 1) / 2, groups: dimension(x.shape, 3) };
  const mixed = layers.convToRows(`${name}.block.0`, toImages(layers, x), shape);
  const inner = layers.gelu(layers.linear(`${name}.block.3`, layers.layerNorm(`${name}.block.2`, mixed)));
  const y = layers.scale(`${name}.layer_scale`, layers.linear(`${name}.block.5`, inner));
  return layers.graph.applyOne(add, [kept(y), x], {});
}

/** [N, H, W, C] → [N, C, H, W]. */
function toImages(layers: Layers, x: Value): Value {
  return layers.transpose(x, 0, 3, 1, 2);
}
