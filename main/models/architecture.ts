/**
 * The interface of a family of networks: only its implementations know the names of tensors, the blocks or the stem.
 * Programs, checkpoints, tuning and recipes use it and know no family.
 */

import type { z } from 'zod';
import type { GraphBuilder } from '../graph/graph-builder.ts';
import type { Shape, Value } from '../graph/program.ts';
import type { residualStems } from './residual/residual-config.ts';
import type { StochasticDepth } from './stochastic-depth.ts';

export interface NetworkOptions {
  /**
   * Whether the batch norm of this name normalises by batch statistics and updates its running statistics; otherwise it
   * normalises by the running statistics.
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

/** Where a tensor of a network is in a file that may name and shape it differently. */
export interface TensorPlace {
  readonly storedAs: string;
  /** The network's own shape; the file's may differ in axes of length one. */
  readonly shape: Shape;
}

/**
 * The result of recognising a file: the network, and its tensors by our names; tensors that belong to no network keep
 * theirs.
 */
export interface Recognised<Config> {
  readonly network: Config;
  readonly tensors: ReadonlyMap<string, TensorPlace>;
}

/** A recipe's options for a network; null and `auto` keep the named network's own. */
export interface ShapeChoice {
  readonly width: number | null;
  readonly blocks: readonly number[] | null;
  readonly stem: (typeof residualStems)[number] | 'auto';
  /** Frames per clip, for networks that take clips; by default the named network's own. */
  readonly frames?: number | undefined;
}

/** Names by which files of this family are recognised inside whatever wrapper they were trained in. */
export interface Landmarks {
  readonly stem: string;
  readonly firstBlock: string;
  /** The tensors of the classifier, which may have a different prefix from the body's. */
  readonly classifier: readonly string[];
}

export interface Architecture<Config> {
  /** What sentences call its members, such as “ResNet or ResNeXt”. */
  readonly title: string;
  /** The optimiser with which it learns well from a usual recipe. */
  readonly advisedOptimiser: 'sgd' | 'adamw';
  /** Schema of a configuration stored with runs and models. */
  readonly schema: z.ZodType<Config>;
  /** One for each naming scheme that files use. */
  readonly landmarks: readonly Landmarks[];
  /** The tensors of the classifier: [classes, features] and [classes]. */
  readonly classifier: { readonly weight: string; readonly bias: string };

  /** Every tensor of a model file, in a fixed order. */
  shapes(config: Config): Map<string, Shape>;
  /** Channels of the features that the classifier sees. */
  featureCount(config: Config): number;
  /** A lower bound, without enumerating them: a description that requires more than a file has is damaged. */
  leastTensors(config: Config): number;
  /** Stages between the stem and the classifier, as tuning counts them. */
  stages(config: Config): number;
  /** 0 for the stem, 1 for the first stage, one more than there are stages for the classifier. */
  depthOf(config: Config, tensor: string): number;
  /** For each residual branch, in the order in which the network uses them, the index of its block, from 0. */
  branches(config: Config): readonly number[];
  /** Frames per clip that it takes; absent if it takes single pictures. */
  frames?(config: Config): number;
  /** The same network for clips with this many frames. */
  forFrames?(config: Config, frames: number): Config;
  /** Adds the network to `graph`; `images` is [batch, 3, size, size], or [batch, 3, frames, size, size], normalised. */
  build(graph: GraphBuilder, config: Config, images: Value, options: NetworkOptions): Network;
  /** Undefined if the names are not those of this family. */
  infer(shapes: ReadonlyMap<string, Shape>): Recognised<Config> | undefined;
  /** All tensors of the model, the same for the same seed. */
  initialise(config: Config, seed: number): Map<string, Float32Array>;
  /** The image size that a network from elsewhere was most likely trained on. */
  imageSizePx(config: Config): number;
  /** The same network for images of another size; absent if any size works. */
  forImages?(config: Config, imageSizePx: number): Config;
  /**
   * Converts the tensors of `from` to `to`, the same network for images of another size; absent if they are the same.
   */
  fitted?(weights: ReadonlyMap<string, Float32Array>, from: Config, to: Config): Map<string, Float32Array>;
  /** The named network with a recipe's options applied, for images of this size. */
  chosen(named: Config, choice: ShapeChoice, imageSizePx: number): Config;
  /** Why the network cannot be built, phrased to follow the recipe's path; undefined if it can. */
  refusal(config: Config, model: string, imageSizePx: number): string | undefined;
}

/**
 * Images up to this size keep more of their resolution through the stem if a recipe leaves the choice open: a network
 * for large images reduces each side by 32, which leaves a single position of them in its last stage. The small stem,
 * customary for CIFAR's 32 pixels, makes them as expensive as images of 128 pixels are with the usual one; with larger
 * images it would cost more than any usual size.
 */
const LARGEST_SMALL_IMAGE_PX = 32;

export function keepsResolution(stem: ShapeChoice['stem'], imageSizePx: number): boolean {
  return stem === 'small' || (stem === 'auto' && imageSizePx <= LARGEST_SMALL_IMAGE_PX);
}
