/**
 * What a family of networks says of itself: everything that knows its tensors' names, its blocks or its stem is behind this.
 * Programs, checkpoints, tuning and recipes ask it and know no family.
 */

import type { z } from 'zod';
import type { GraphBuilder } from '../graph/graph-builder.ts';
import type { Shape, Value } from '../graph/program.ts';
import type { residualStems } from './residual/residual-config.ts';
import type { StochasticDepth } from './stochastic-depth.ts';

export interface NetworkOptions {
  /**
   * Whether the batch norm of this name normalises by the batch and moves its running statistics; by the running statistics
   * where it does not.
   */
  readonly normalisesByBatch: (name: string) => boolean;
  /** Dropout before the classifier; `noise` is [batch, features], uniform in [0, 1). */
  readonly dropout?: { readonly rate: number; readonly noise: Value };
  readonly stochasticDepth?: StochasticDepth;
}

export interface Network {
  /** [batch, classes] */
  readonly logits: Value;
  /** [batch, features] */
  readonly features: Value;
}

/** Where a tensor of a network lies in a file that may call it, and shape it, otherwise. */
export interface TensorPlace {
  readonly storedAs: string;
  /** The network's own: the file's may have axes of one element more or less. */
  readonly shape: Shape;
}

/** What is recognised in a file: the network, and its tensors by our names; those that belong to no network keep theirs. */
export interface Recognised<Config> {
  readonly network: Config;
  readonly tensors: ReadonlyMap<string, TensorPlace>;
}

/** A recipe's words for a network; null and `auto` leave the named network's own. */
export interface ShapeChoice {
  readonly width: number | null;
  readonly blocks: readonly number[] | null;
  readonly stem: (typeof residualStems)[number] | 'auto';
  /** Of a clip, for networks that see clips; the named network's own when absent. */
  readonly frames?: number | undefined;
}

/** By which files of this family are known inside whatever they were trained in. */
export interface Landmarks {
  readonly stem: string;
  readonly firstBlock: string;
  /** The tensors of the classifier, which may be wrapped otherwise than the body. */
  readonly classifier: readonly string[];
}

export interface Architecture<Config> {
  /** As a sentence calls its members, such as “ResNet or ResNeXt”. */
  readonly title: string;
  /** The rule by which it learns well from a usual recipe. */
  readonly advisedOptimiser: 'sgd' | 'adamw';
  /** Of a configuration as it is stored with runs and models. */
  readonly schema: z.ZodType<Config>;
  /** One for each way in which files name the tensors. */
  readonly landmarks: readonly Landmarks[];
  /** The tensors of the classifier: [classes, features] and [classes]. */
  readonly classifier: { readonly weight: string; readonly bias: string };

  /** Every tensor of a model file, in a fixed order. */
  shapes(config: Config): Map<string, Shape>;
  /** Channels of the features that the classifier sees. */
  featureCount(config: Config): number;
  /** Without laying them out: a description that asks for more than a file has is damaged. */
  leastTensors(config: Config): number;
  /** Stages between the stem and the classifier, as tuning counts them. */
  stages(config: Config): number;
  /** 0 for the stem, 1 for the first stage, one more than there are stages for the classifier. */
  depthOf(config: Config, tensor: string): number;
  /** Of each residual branch, in the order in which the network asks for them, the block it belongs to, counted from 0. */
  branches(config: Config): readonly number[];
  /** Of a clip that it is shown; absent where it is shown single pictures. */
  frames?(config: Config): number;
  /** The same network for clips of so many frames. */
  forFrames?(config: Config, frames: number): Config;
  /** Adds the network to `graph`; `images` is [batch, 3, size, size], or [batch, 3, frames, size, size], normalised. */
  build(graph: GraphBuilder, config: Config, images: Value, options: NetworkOptions): Network;
  /** Undefined when the names are not those of this family. */
  infer(shapes: ReadonlyMap<string, Shape>): Recognised<Config> | undefined;
  /** All tensors of the model, the same for the same seed. */
  initialise(config: Config, seed: number): Map<string, Float32Array>;
  /** The side of the images that a network from elsewhere was most likely trained on. */
  imageSizePx(config: Config): number;
  /** The same network for images of another size; absent where any size will do. */
  forImages?(config: Config, imageSizePx: number): Config;
  /** The tensors of `from` as those of `to`, the same network for images of another size; absent where they are the same. */
  fitted?(weights: ReadonlyMap<string, Float32Array>, from: Config, to: Config): Map<string, Float32Array>;
  /** The named network with what a recipe says otherwise, for images of this size. */
  chosen(named: Config, choice: ShapeChoice, imageSizePx: number): Config;
  /** Why the network cannot be built, as the end of a sentence that begins with the recipe's path; undefined when it can. */
  refusal(config: Config, model: string, imageSizePx: number): string | undefined;
}

/**
 * Images up to this size keep more of their resolution through the stem, where a recipe leaves that to us: a network for large
 * images reduces each side by 32, which leaves its last stage a single place of them. What practice with CIFAR's 32 pixels
 * does costs as much as images of 128 pixels do without; larger ones would cost more than they do at any usual size.
 */
const LARGEST_SMALL_IMAGE_PX = 32;

export function keepsResolution(stem: ShapeChoice['stem'], imageSizePx: number): boolean {
  return stem === 'small' || (stem === 'auto' && imageSizePx <= LARGEST_SMALL_IMAGE_PX);
}
