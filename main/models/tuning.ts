/**
 * How much of a brought network is trained, and how fast: everything, its last stages, or only the classifier. Whatever
 * is not trained stays bit for bit the same, including its running statistics.
 */
import { architectureOf } from './architectures.ts';
import { isRunningStatistic, type NetworkConfig, parameterShapes } from './network.ts';

export interface Tuning {
  /** Stages trained in addition to the classifier, counted from it; 0 for the classifier alone. */
  readonly trainedStages: number | 'all';
  /** Multiplies the learning rate of the classifier. */
  readonly headRateFactor: number;
  /**
   * Multiplies the learning rate again for each stage further away from the classifier than the last (Howard and Ruder,
   * 2018).
   */
  readonly rateDecay: number;
  /** Batch norms of trained stages normalise by the running statistics in the file, which then stay unchanged. */
  readonly frozenStatistics: boolean;
}

/** For a network from random weights: everything learns at the same rate. */
export const WHOLE_NETWORK: Tuning = {
  trainedStages: 'all',
  headRateFactor: 1,
  rateDecay: 1,
  frozenStatistics: false,
};

/** The trainable tensors and the learning-rate factor of each. */
export function trainedParameters(network: NetworkConfig, tuning: Tuning): Map<string, number> {
  const factors = new Map<string, number>();
  for (const name of parameterShapes(network).keys()) {
    if (!isRunningStatistic(name) && isTrained(network, tuning, name))
      factors.set(name, rateFactor(network, tuning, name));
  }
  return factors;
}

/**
 * Whether the batch norm of this name (such as layer2.0.bn1) normalises by batch statistics and updates its running
 * statistics.
 */
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
