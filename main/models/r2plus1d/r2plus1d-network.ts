/**
 * R(2+1)D as operations of a graph (Tran et al., 2018; torchvision's `r2plus1d_18`). Frames are part of the batch axis,
 * so that operations within them are 2-D convolutions of pictures [batch · frames, C, H, W], and a batch norm of these
 * is one over batch, time and position. A convolution over time is a 2-D one over images in which each frame of a clip
 * is a row, [batch, C, frames, H · W]. This needs nothing from an engine that pictures do not need.
 */
import { at } from '../../at.ts';
import type { GraphBuilder } from '../../graph/graph-builder.ts';
import { add } from '../../graph/ops/add.ts';
import { averagePool } from '../../graph/ops/average-pool.ts';
import { dropout } from '../../graph/ops/dropout.ts';
import { globalAveragePool } from '../../graph/ops/global-average-pool.ts';
import { linear } from '../../graph/ops/linear.ts';
import { reshape } from '../../graph/ops/reshape.ts';
import { transpose } from '../../graph/ops/transpose.ts';
import { dimension, type Shape, type Value } from '../../graph/program.ts';
import type { Network, NetworkOptions } from '../architecture.ts';
import { ConvolutionalLayers } from '../convolutional-layers.ts';
import { branchKeeper } from '../stochastic-depth.ts';
import {
  blocksOf,
  type Factored,
  parameterShapes,
  type R2plus1dBlock,
  type R2plus1dConfig,
  stemOf,
} from './r2plus1d-config.ts';

/** Adds the network to `graph`; `images` is [batch, 3, frames, size, size], normalised. */
export function r2plus1dNetwork(
  graph: GraphBuilder,
  config: R2plus1dConfig,
  images: Value,
  options: NetworkOptions,
): Network {
  const layer = new ConvolutionalLayers(graph, parameterShapes(config), options.normalisesByBatch);
  const clips = new Clips(graph, layer, dimension(images.shape, 0));
  let x = layer.relu(layer.batchNorm('stem.4', clips.factored(stemOf(config), clips.pictures(images))));
  const kept = branchKeeper(graph, options.stochasticDepth);
  for (const block of blocksOf(config)) x = residualBlock(graph, layer, clips, block, x, kept);
  const features = clips.mean(x);
  const { rate, noise } = options.dropout ?? {};
  const seen = noise ? graph.applyOne(dropout, [features, noise], { rate: rate ?? 0 }) : features;
  const logits = graph.applyOne(linear, [seen, layer.parameter('fc.weight'), layer.parameter('fc.bias')], {});
  return { logits, features };
}

function residualBlock(
  graph: GraphBuilder,
  layer: ConvolutionalLayers,
  clips: Clips,
  { name, first, second, downsample }: R2plus1dBlock,
  x: Value,
  kept: (branch: Value) => Value,
): Value {
  const y = layer.relu(layer.batchNorm(`${name}.conv1.1`, clips.factored(first, x)));
  const z = layer.batchNorm(`${name}.conv2.1`, clips.factored(second, y));
  const shortcut = downsample
    ? layer.batchNorm(`${name}.downsample.1`, clips.pointwise(`${name}.downsample.0`, first.stride, x))
    : x;
  return layer.relu(graph.applyOne(add, [kept(z), shortcut], {}));
}

/** Conversions between clips and the pictures they consist of, [batch · frames, C, H, W]. */
class Clips {
  readonly #graph: GraphBuilder;
  readonly #layer: ConvolutionalLayers;
  readonly #batch: number;

  constructor(graph: GraphBuilder, layer: ConvolutionalLayers, batch: number) {
    this.#graph = graph;
    this.#layer = layer;
    this.#batch = batch;
  }

  /** [batch, C, frames, H, W] → [batch · frames, C, H, W]. */
  pictures(x: Value): Value {
    const [channels, frames, height, width] = [1, 2, 3, 4].map((axis) => dimension(x.shape, axis)) as Four;
    return this.#reshape(this.#swapped(x), [this.#batch * frames, channels, height, width]);
  }

  factored({ name, kernel, stride }: Factored, x: Value): Value {
    const within = { stride: [stride.px, stride.px], padding: [kernel >> 1, kernel >> 1] } as const;
    const y = this.#layer.convBy(
      this.#kernel(`${name}.0`, (shape) => shape.toSpliced(2, 1)),
      x,
      within,
    );
    return this.#overTime(name, stride.frames, this.#layer.relu(this.#layer.batchNorm(`${name}.1`, y)));
  }

  /** A pointwise convolution of every `frames`-th frame. */
  pointwise(name: string, stride: Factored['stride'], x: Value): Value {
    const some = stride.frames === 1 ? x : this.#everyNth(x, stride.frames);
    const weight = this.#kernel(name, (shape) => shape.toSpliced(2, 1));
    return this.#layer.convBy(weight, some, { stride: [stride.px, stride.px], padding: [0, 0] });
  }

  /** [batch · frames, C, H, W] → [batch, C], over time and position. */
  mean(x: Value): Value {
    const ofFrames = this.#graph.applyOne(globalAveragePool, [x], {});
    const [frames, channels] = [this.#framesOf(x), dimension(x.shape, 1)];
    const inTime = this.#swapped(this.#reshape(ofFrames, [this.#batch, frames, channels]));
    return this.#graph.applyOne(globalAveragePool, [inTime], {});
  }

  #overTime(name: string, stride: number, x: Value): Value {
    const [channels, height, width] = [1, 2, 3].map((axis) => dimension(x.shape, axis)) as Three;
    const frames = this.#framesOf(x);
    const rows = this.#swapped(this.#reshape(x, [this.#batch, frames, channels, height * width]));
    const weight = this.#kernel(`${name}.3`, (shape) => shape.slice(0, 4));
    const y = this.#layer.convBy(weight, rows, { stride: [stride, 1], padding: [1, 0] });
    const [outChannels, outFrames] = [dimension(y.shape, 1), dimension(y.shape, 2)];
    return this.#reshape(this.#swapped(y), [this.#batch * outFrames, outChannels, height, width]);
  }

  #everyNth(x: Value, step: number): Value {
    const [channels, height, width] = [1, 2, 3].map((axis) => dimension(x.shape, axis)) as Three;
    const rows = this.#reshape(x, [this.#batch, 1, this.#framesOf(x), channels * height * width]);
    const window = { kernel: [1, 1], strides: [step, 1], padding: [0, 0], dilations: [1, 1] };
    const some = this.#graph.applyOne(averagePool, [rows], window);
    return this.#reshape(some, [this.#batch * dimension(some.shape, 2), channels, height, width]);
  }

  /** The same kernel without its axes of length one. */
  #kernel(name: string, flat: (shape: Shape) => Shape): Value {
    const weight = this.#layer.parameter(`${name}.weight`);
    return this.#reshape(weight, flat(weight.shape));
  }

  #framesOf(x: Value): number {
    return dimension(x.shape, 0) / this.#batch;
  }

  #swapped(x: Value): Value {
    const order = [...x.shape.keys()];
    return this.#graph.applyOne(transpose, [x], { order: order.with(1, at(order, 2)).with(2, at(order, 1)) });
  }

  #reshape(x: Value, shape: Shape): Value {
    return this.#graph.applyOne(reshape, [x], { shape });
  }
}

type Three = [number, number, number];
type Four = [number, number, number, number];
