/** Queries on any network, whatever its family. */
import { z } from 'zod';
import type { Shape } from '../graph/program.ts';
import { elementCount } from '../graph/program.ts';
import { type SampleShape, sampleShape } from '../sample-shape.ts';
import { allArchitectures, architectureOf, type NetworkConfig } from './architectures.ts';

export type { NetworkConfig };

const outputsSchema = z.object({ outputs: z.literal('sigmoid').optional() });

export const networkSchema: z.ZodType<NetworkConfig> = z.union(
  allArchitectures.map(({ schema }) => schema.and(outputsSchema)),
);

/** Every tensor of a model file, in a fixed order, without `num_batches_tracked`. */
export function parameterShapes(config: NetworkConfig): Map<string, Shape> {
  return architectureOf(config).shapes(config);
}

/** The same network for images of this size. */
export function networkFor(config: NetworkConfig, imageSizePx: number): NetworkConfig {
  return architectureOf(config).forImages?.(config, imageSizePx) ?? config;
}

/**
 * The same network for clips with this many frames; a network for pictures, or `frames` undefined, gives the network
 * itself.
 */
export function networkForFrames(config: NetworkConfig, frames: number | undefined): NetworkConfig {
  return frames === undefined ? config : (architectureOf(config).forFrames?.(config, frames) ?? config);
}

/** Channels of the features that the classifier sees. */
export function featureCount(config: NetworkConfig): number {
  return architectureOf(config).featureCount(config);
}

/** Residual branches, which stochastic depth drops at random. */
export function branchCount(config: NetworkConfig): number {
  return architectureOf(config).branches(config).length;
}

/** The shape of its input sample. */
export function shownShape(config: NetworkConfig, imageSizePx: number): SampleShape {
  return sampleShape(imageSizePx, framesOf(config));
}

/** Frames of its input clips; undefined for a network that takes pictures. */
export function framesOf(config: NetworkConfig): number | undefined {
  return architectureOf(config).frames?.(config);
}

/** All tensors of an untrained network, the same for the same seed. */
export function initialState(config: NetworkConfig, seed: number): Map<string, Float32Array> {
  return architectureOf(config).initialise(config, seed);
}

/** True for the statistics that training updates without a gradient. */
export function isRunningStatistic(name: string): boolean {
  return name.endsWith('.running_mean') || name.endsWith('.running_var');
}

/** The number of trainable parameters, as PyTorch counts `parameters()`. */
export function parameterCount(config: NetworkConfig): number {
  return [...parameterShapes(config)]
    .filter(([name]) => !isRunningStatistic(name))
    .reduce((sum, [, shape]) => sum + elementCount(shape), 0);
}
