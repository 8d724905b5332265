/** A trained network as an ONNX file: images in, probabilities out; class names and preprocessing are its metadata. */
import { portableModel } from '../engines/onnxruntime/portable-model.ts';
import { ExpectedFailure } from '../failure.ts';
import type { SavedModel } from '../models/checkpoint.ts';
import type { FeatureGaussian } from '../models/feature-gaussian.ts';
import { type ModelPreprocessing, preprocessingOf } from '../models/model-preprocessing.ts';
import { withDistance } from '../models/onnx/distance-graph.ts';
import { inferenceProgram } from '../models/programs.ts';
import { decodedSizePx } from '../training/image-reader.ts';

/** Protobuf messages are limited to 2 GiB. */
const LARGEST_MODEL_BYTES = 1.9 * 2 ** 30;

export class ModelTooLarge extends ExpectedFailure {}

/** What a comparison knows about the model, for its metadata. */
interface ToldBeside {
  /** The least energy of pictures like those it has learnt from: `familiarity`. */
  readonly leastEnergy?: number | undefined;
  /** Better than the energy: `distance` becomes an output, and `familiarity` says up to which it is familiar. */
  readonly familiar?: { readonly gaussian: FeatureGaussian; readonly mostDistance: number } | undefined;
  /** For a network with a sigmoid per class: the probability from which on it assigns each class. */
  readonly thresholds?: readonly number[] | undefined;
}

/**
 * Input `images` [batch, 3, size, size], outputs `logits` and `probabilities` [batch, classes], and with `familiar` also
 * `features` [batch, features] and `distance` [batch]; any batch size. Throws `ModelTooLarge`.
 */
export function onnxModel(model: SavedModel, { leastEnergy, familiar, thresholds }: ToldBeside = {}): Uint8Array {
  const bytes = [...model.weights.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (bytes > LARGEST_MODEL_BYTES) {
    throw new ModelTooLarge('This model is larger than an ONNX file can be (2 GiB): export the checkpoint.');
  }
  const { network, imageSizePx, classNames, provenance } = model;
  const program = inferenceProgram({ network, batch: 1, imageSizePx, features: familiar !== undefined });
  const familiarity = familiar
    ? toldDistance(familiar.mostDistance)
    : leastEnergy === undefined
      ? undefined
      : toldEnergy(leastEnergy);
  const file = portableModel(program, model.weights, {
    classNames: JSON.stringify(classNames),
    preprocessing: toldPreprocessing(imageSizePx, preprocessingOf(model)),
    provenance: JSON.stringify(provenance),
    ...(familiarity && { familiarity }),
    ...(thresholds && { outputs: 'sigmoid', thresholds: JSON.stringify(thresholds) }),
  });
  return familiar ? withDistance('The exported network', file, familiar.gaussian) : file;
}

/** How to recognise pictures unlike anything it has learnt from: by its logits, so that any program can tell. */
function toldEnergy(leastEnergy: number): string {
  return JSON.stringify({ output: 'logits', measure: 'logSumExp', least: leastEnergy });
}

/** The same by its output `distance`. */
function toldDistance(mostDistance: number): string {
  return JSON.stringify({ output: 'distance', measure: 'mahalanobis', most: mostDistance });
}

/** How an ONNX file of ours describes the preprocessing its network expects. */
export function toldPreprocessing(
  imageSizePx: number,
  { cropShare, interpolation, mean, deviation }: ModelPreprocessing,
): string {
  return JSON.stringify({
    resizeShortSidePx: decodedSizePx(imageSizePx, cropShare),
    interpolation: interpolation === 'cubic' ? 'bicubic' : 'bilinear',
    centreCropPx: imageSizePx,
    channels: 'RGB',
    layout: 'NCHW',
    scale: 1 / 255,
    mean,
    standardDeviation: deviation,
  });
}
