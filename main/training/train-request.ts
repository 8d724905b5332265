/** The request of a training, as plain data that is passed to a worker thread. */
import type { Device } from '../engines/device.ts';
import type { Precision } from '../engines/engine.ts';
import type { Augmentation } from '../images/augment.ts';
import type { BatchMix } from '../images/mix.ts';
import type { ModelPreprocessing } from '../models/model-preprocessing.ts';
import type { NetworkConfig } from '../models/network.ts';
import type { Optimiser } from '../models/optimiser-step.ts';
import type { Tuning } from '../models/tuning.ts';
import type { Schedule } from './learning-rate.ts';
import type { SoftTargets } from './soft-targets.ts';

export interface ComputeTarget {
  readonly device: Device;
  readonly threads: number | undefined;
  /** fp32 by default. */
  readonly precision?: Precision | undefined;
}

/** Images in a pixel cache. */
export interface CachedImages {
  readonly cacheDirectory: string;
  readonly cacheSizePx: number;
  readonly imageIds: Int32Array;
}

export interface TrainRequest {
  readonly target: ComputeTarget;
  readonly network: NetworkConfig;
  readonly imageSizePx: number;
  readonly batch: number;
  /** The most images of a batch that are computed in one run, to save memory; the whole batch by default. */
  readonly imagesAtOnce: number | undefined;
  /** Training length in images processed; rounded down to whole batches, at least one. */
  readonly images: number;
  readonly seed: number;
  readonly data: CachedImages & {
    readonly classIds: Int32Array;
    /** For each image, its target instead of its class. */
    readonly targets?: SoftTargets | undefined;
  };
  /**
   * Images on which the network is evaluated occasionally during training; from the same cache as `data`. Does not
   * affect the model. If they have targets, each class of an image is a right answer.
   */
  readonly heldOut?: Pick<TrainRequest['data'], 'imageIds' | 'classIds' | 'targets'> | undefined;
  readonly optimiser: Optimiser;
  /** Which tensors learn, and how fast; all alike by default. */
  readonly tuning?: Tuning | undefined;
  readonly schedule: Schedule;
  readonly augmentation: Augmentation;
  /** The network's preprocessing; ImageNet's by default. */
  readonly preprocessing?: ModelPreprocessing | undefined;
  readonly mix: BatchMix | undefined;
  /** Batches are uploaded as pixels; decided when the training starts. */
  readonly asPixels?: boolean | undefined;
  /** sigmoid: each class is predicted independently, and soft targets are 1 for every class of an image. */
  readonly loss?: 'softmax' | 'sigmoid' | undefined;
  readonly labelSmoothing: number;
  readonly dropoutRate: number;
  /** The share of images for which the last block is dropped in a step; none by default. */
  readonly stochasticDepth?: number | undefined;
  readonly averageDecay: number | undefined;
  /** A model file to start from; random weights by default. */
  readonly startFrom: string | undefined;
  /**
   * For a file with other classes: for each class, the output of the file's classifier that stands for it, or undefined
   * for a fresh classifier. If absent, the classifier is kept unchanged.
   */
  readonly head?: { readonly rows: readonly number[] | undefined } | undefined;
  /** Where checkpoint.safetensors, metrics.jsonl and, at the end, model.safetensors are written. */
  readonly runDirectory: string;
  /** Written into the model file. */
  readonly classNames: readonly string[];
  readonly provenance: Readonly<Record<string, string>>;
  readonly checkpointEveryMs: number;
}

/** The number of values in an image's target. */
export function targetLength({ network, loss }: Pick<TrainRequest, 'network' | 'loss'>): number {
  return loss === 'sigmoid' ? 2 * network.classes : network.classes;
}

/** Whether targets are distributions rather than one class per image. */
export function hasSoftTargets({ mix, data }: Pick<TrainRequest, 'mix' | 'data'>): boolean {
  return mix !== undefined || data.targets !== undefined;
}

/** One line of metrics.jsonl: means over the images since the previous line. */
export interface TrainingPoint {
  readonly imagesProcessed: number;
  readonly loss: number;
  /** Share of training images (as augmented) whose largest logit is their class; absent with mixed or soft targets. */
  readonly top1?: number | undefined;
  readonly learningRate: number;
  /** Present if the network was evaluated at this point. */
  readonly heldOut?: HeldOutAnswers | undefined;
}

/**
 * The predictions, by the network that would be kept here, for some held-out images, the same at every point of a
 * training.
 */
export interface HeldOutAnswers {
  readonly images: number;
  readonly correct: number;
  /** For the first few: the image, its class and the prediction, both as class indices of the network. */
  readonly shown: readonly (readonly [imageId: number, trueOutput: number, answer: number])[];
}

export interface TrainResult {
  readonly imagesProcessed: number;
  readonly finalLoss: number;
  /** Wall-clock time of this process's part; a resumed training reports only the part after the last checkpoint. */
  readonly seconds: number;
  readonly imagesPerSecond: number;
  /** The number of runs in which each batch was computed; more than requested if the device had no room. */
  readonly parts: number;
}
