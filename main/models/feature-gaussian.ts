/**
 * The normal distribution of a network's features over some of the images it has learnt from, by which another picture's
 * distance from them is measured (Mahalanobis). Features are scaled to length 1 beforehand: their length varies more
 * between pictures than between what they show (Lee et al. 2018; Mueller & Hein 2025).
 */
import { sameShape } from '../graph/program.ts';
import { readSafetensors, writeSafetensors } from './safetensors.ts';
import { CheckpointUnreadable } from './safetensors-reader.ts';

export interface FeatureGaussian {
  readonly dimension: number;
  /**
   * [dimension, dimension], zeros above the diagonal: the inverse of the covariance's Cholesky factor, which makes
   * features independent and of variance 1.
   */
  readonly whitening: Float32Array;
  /** [dimension]: the mean, whitened. */
  readonly centre: Float32Array;
}

export async function saveGaussian(path: string, { dimension, whitening, centre }: FeatureGaussian): Promise<void> {
  const tensors = new Map([
    ['whitening', { shape: [dimension, dimension], data: whitening }],
    ['centre', { shape: [dimension], data: centre }],
  ]);
  await writeSafetensors(path, tensors, { understudyFamiliar: 'features of length 1' });
}

/** Throws `CheckpointUnreadable`. */
export async function readGaussian(path: string): Promise<FeatureGaussian> {
  const { tensors } = await readSafetensors(path);
  const [whitening, centre] = [tensors.get('whitening'), tensors.get('centre')];
  const dimension = centre?.data.length ?? 0;
  if (!whitening || !centre || !sameShape(whitening.shape, [dimension, dimension])) {
    throw new CheckpointUnreadable(`${path} does not describe what a model has learnt from: compare the models again.`);
  }
  return { dimension, whitening: whitening.data, centre: centre.data };
}
