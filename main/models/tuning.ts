/**
 * How much of a network that was brought is trained, and how fast: everything, its last stages, or the classifier alone.
 * What is not trained stays as it is to the bit, its running statistics included.
 */
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

function isTrained({ layers }: NetworkConfig, { trainedStages }: Tuning, name: string): boolean {
  return trainedStages === 'all' || depthOf(layers.length, name) > layers.length - trainedStages;
}

function rateFactor({ layers }: NetworkConfig, { headRateFactor, rateDecay }: Tuning, name: string): number {
  const depth = depthOf(layers.length, name);
  return depth > layers.length ? headRateFactor : rateDecay ** (layers.length - depth);
}

/** 0 for the stem, 1 for the first stage, one more than there are stages for the classifier. */
function depthOf(stages: number, name: string): number {
  if (name.startsWith('fc.')) return stages + 1;
  const stage = /^layer(\d+)\./.exec(name)?.[1];
  return stage === undefined ? 0 : Number(stage);
}
