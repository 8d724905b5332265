/** What one training needs to know, as plain data that crosses to a worker thread. */
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
  /** fp32 when absent. */
  readonly precision?: Precision | undefined;
}

/** Images as a pixel cache holds them. */
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
  /** At most so many images of a batch are computed in one run, to save memory; the whole batch when absent. */
  readonly imagesAtOnce: number | undefined;
  /** Training length in images processed; rounded down to whole batches, at least one. */
  readonly images: number;
  readonly seed: number;
  readonly data: CachedImages & {
    readonly classIds: Int32Array;
    /** Of each image, what it is trained on instead of its class. */
    readonly targets?: SoftTargets | undefined;
  };
  /**
   * On which the network is asked now and then while it learns; of the cache of `data`. Changes nothing of the model. Where they
   * have targets, each class of an image is a right answer.
   */
  readonly heldOut?: Pick<TrainRequest['data'], 'imageIds' | 'classIds' | 'targets'> | undefined;
  readonly optimiser: Optimiser;
  /** Which tensors learn, and how fast; all alike when absent. */
  readonly tuning?: Tuning | undefined;
  readonly schedule: Schedule;
  readonly augmentation: Augmentation;
  /** How the network is shown pictures; as ImageNet's networks are when absent. */
  readonly preprocessing?: ModelPreprocessing | undefined;
  readonly mix: BatchMix | undefined;
  /** sigmoid: each class is judged by itself, and soft targets are 1 for every class that an image is of. */
  readonly loss?: 'softmax' | 'sigmoid' | undefined;
  readonly labelSmoothing: number;
  readonly dropoutRate: number;
  /** The share of images for which the last block adds nothing in a step; none when absent. */
  readonly stochasticDepth?: number | undefined;
  readonly averageDecay: number | undefined;
  /** A model file to start from; random weights when absent. */
  readonly startFrom: string | undefined;
  /**
   * For a file of other classes: of each class the output of the file's classifier that stands for it, or undefined for a fresh
   * classifier. The classifier stays as it is when absent.
   */
  readonly head?: { readonly rows: readonly number[] | undefined } | undefined;
  /** Where checkpoint.safetensors, metrics.jsonl and, at the end, model.safetensors are written. */
  readonly runDirectory: string;
  /** Written into the model file. */
  readonly classNames: readonly string[];
  readonly provenance: Readonly<Record<string, string>>;
  readonly checkpointEveryMs: number;
}

/** Numbers in the target of an image. */
export function targetLength({ network, loss }: Pick<TrainRequest, 'network' | 'loss'>): number {
  return loss === 'sigmoid' ? 2 * network.classes : network.classes;
}

/** Whether images are trained on more than one class each. */
export function hasSoftTargets({ mix, data }: Pick<TrainRequest, 'mix' | 'data'>): boolean {
  return mix !== undefined || data.targets !== undefined;
}

/** One line of metrics.jsonl: means over the images since the line before. */
export interface TrainingPoint {
  readonly imagesProcessed: number;
  readonly loss: number;
  /** Share of training images (as augmented) whose largest logit is their class; absent with mixed or soft targets. */
  readonly top1?: number | undefined;
  readonly learningRate: number;
  /** Where the network was asked at this point. */
  readonly heldOut?: HeldOutAnswers | undefined;
}

/** What the network that would be kept here says of some held-out images, the same at every point of a training. */
export interface HeldOutAnswers {
  readonly images: number;
  readonly correct: number;
  /** Of the first few: the image, its class and the answer, both as the network numbers the classes. */
  readonly shown: readonly (readonly [imageId: number, trueOutput: number, answer: number])[];
}

export interface TrainResult {
  readonly imagesProcessed: number;
  readonly finalLoss: number;
  /** Wall time of this process's part; a resumed training reports the part after the last checkpoint only. */
  readonly seconds: number;
  readonly imagesPerSecond: number;
  /** In how many runs each batch was computed; more than asked for where the device had no room. */
  readonly parts: number;
}
