/** The request and results of a prediction, as plain data that is passed to and from a worker thread. */
import type { ActivationRanges } from '../engines/int8-plan.ts';
import type { ImageLocator } from '../images/image-locator.ts';
import type { CachedImages, ComputeTarget } from './train-request.ts';

/** Images of a project, or files anywhere. */
export type ImageSource = ({ readonly kind: 'cache' } & CachedImages) | FileSource;

export interface FileSource {
  readonly kind: 'files';
  readonly images: readonly ImageLocator[];
  /** For clips, the number of frames to decode; by default the model's. */
  readonly frames?: number | undefined;
  /**
   * Images that need not be decoded, since a cache of the model's squares has them: an id for each image, −1 if
   * missing.
   */
  readonly cached?: CachedImages | undefined;
}

export interface PredictRequest {
  readonly target: ComputeTarget;
  readonly modelPath: string;
  readonly batch: number;
  readonly source: ImageSource;
  /** Computes in 8-bit integers with these ranges, which the device must support. */
  readonly int8?: ActivationRanges | undefined;
  /** The index of the first image wanted; earlier ones only count for the size of a batch. */
  readonly first?: number;
  /** Also report how much the network recognises in each picture. */
  readonly energies?: boolean | undefined;
  /** Also report the features of each picture. */
  readonly features?: boolean | undefined;
  /** A file written by `learnFamiliar`: also report each picture's distance from what the network has learnt from. */
  readonly familiarPath?: string | undefined;
}

export interface ScoredBatch {
  /** The index of the batch's first image in the request's source. */
  readonly first: number;
  readonly count: number;
  readonly classes: number;
  /** [count, classes] */
  readonly probabilities: Float32Array;
  /** Files that could not be read or decoded, by their index in the source; their probabilities are meaningless. */
  readonly unreadable: readonly { readonly place: number; readonly reason: string }[];
  /** For each picture, how much a network of ours recognises in it; absent if not requested. */
  readonly energies?: Float32Array;
  /** [count, dimension]; absent if not requested. */
  readonly features?: Float32Array;
  /** For each picture, how far it is from those that the network has learnt from; absent if not requested. */
  readonly distances?: Float32Array;
  /** Indices in the source of pictures unlike anything the model has learnt from; absent if it cannot tell. */
  readonly unlike?: readonly number[];
}

export interface PredictResult {
  readonly images: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly classNames: readonly string[];
}

export function sourceLength(source: ImageSource): number {
  return source.kind === 'cache' ? source.imageIds.length : source.images.length;
}
