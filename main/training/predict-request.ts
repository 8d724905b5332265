/** What one labelling needs to know and gives, as plain data that crosses to a worker thread and back. */
import type { ActivationRanges } from '../engines/int8-plan.ts';
import type { ImageLocator } from '../images/image-locator.ts';
import type { CachedImages, ComputeTarget } from './train-request.ts';

/** Images of a project, or files anywhere. */
export type ImageSource = ({ readonly kind: 'cache' } & CachedImages) | FileSource;

export interface FileSource {
  readonly kind: 'files';
  readonly images: readonly ImageLocator[];
  /** They are clips, of which so many frames are decoded; by the model where absent. */
  readonly frames?: number | undefined;
  /** What need not be decoded, since a cache of the model's squares has it: an id for each image, −1 for one that it lacks. */
  readonly cached?: CachedImages | undefined;
}

export interface PredictRequest {
  readonly target: ComputeTarget;
  readonly modelPath: string;
  readonly batch: number;
  readonly source: ImageSource;
  /** Computes in whole numbers of eight bits, between these; the device can. */
  readonly int8?: ActivationRanges | undefined;
  /** The place of the first image that is wanted; those before it count in the size of a batch alone. */
  readonly first?: number;
  /** Says of each picture, too, how much the network recognises in it. */
  readonly energies?: boolean | undefined;
}

export interface ScoredBatch {
  /** The place of the batch's first image in the request's source. */
  readonly first: number;
  readonly count: number;
  readonly classes: number;
  /** [count, classes] */
  readonly probabilities: Float32Array;
  /** Files that could not be read or decoded, by their place in the source; their probabilities mean nothing. */
  readonly unreadable: readonly { readonly place: number; readonly reason: string }[];
  /** Of each picture, how much a network of ours recognises in it; absent where that was not asked. */
  readonly energies?: Float32Array;
  /** By their place in the source, pictures unlike anything that the model has learnt from; absent where it cannot say. */
  readonly unlike?: readonly number[];
}

export interface PredictResult {
  readonly images: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly classNames: readonly string[];
}
