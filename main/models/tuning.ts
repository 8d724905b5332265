/**
 * How much of a network that was brought is trained, and how fast: everything, its last stages, or the classifier alone.
 * What is not trained stays as it is to the bit, its running statistics included.
 */
import { architectureOf } from './architectures.ts';
import { isRunningStatistic, type NetworkConfig, parameterShapes } from './network.ts';

export interface Tuning {
  /** Stages that are trained beside the classifier, counted from it; 0 for the classifier alone. */
  readonly trainedStages: number | 'all';
  /** Multiplies the learning rate of the classifier. */
  readonly headRateFactor: number;
  /** Multiplies the learning rate once more for each stage further from the classifier than the last (Howard and Ruder, 2018). */
  readonly rateDecay: number;
  /** Batch norms of trained stages normalise by the running statistics that they came with, which then stay. */
  readonly frozenStatistics: boolean;
}

/** A network from random weights: everything learns at the same rate. */
export const WHOLE_NETWORK: Tuning = {
  trainedStages: 'all',
  headRateFactor: 1,
  rateDecay: 1,
  frozenStatistics: false,
};

/** The trainable tensors and the factor of each one's learning rate. */
export function trainedParameters(network: NetworkConfig, tuning: Tuning): Map<string, number> {
  const factors = new Map<string, number>();
  for (const name of parameterShapes(network).keys()) {
    if (!isRunningStatistic(name) && isTrained(network, tuning, name))
      factors.set(name, rateFactor(network, tuning, name));
  }
  return factors;
}

/** Whether the batch norm of this name (such as layer2.0.bn1) normalises by the batch and moves its running statistics. */
export function normalisesByBatch(network: NetworkConfig, tuning: Tuning, name: string): boolean {
  return !tuning.frozenStatistics && isTrained(network, tuning, name);
}

function isTrained(network: NetworkConfig, { trainedStages }: Tuning, name: string): boolean {
  const architecture = architectureOf(network);
  const stages = architecture.stages(network);
  return trainedStages === 'all' || architecture.depthOf(network, name) > stages - trainedStages;
}

function rateFactor(network: NetworkConfig, { headRateFactor, rateDecay }: Tuning, name: string): number {
  const architecture = architectureOf(network);
  const stages = architecture.stages(network);
  const depth = architecture.depthOf(network, name);
  return depth > stages ? headRateFactor : rateDecay ** (stages - depth);
}
