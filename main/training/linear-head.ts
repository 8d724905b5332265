/**
 * A linear classifier over features: multinomial logistic regression, with classes weighted alike and the strength of its
 * L2 penalty chosen by cross-validation. Its two products run on an engine, everything else is a few vectors; the same data
 * give the same classifier. This is the usual measure of what features know ("linear probe"), and a teacher within seconds.
 */
import { at } from '../at.ts';
import type { Engine, SessionOptions } from '../engines/engine.ts';
import { CounterRandom } from '../random.ts';
import { type LabelledFeatures, SoftmaxRegression } from './softmax-regression.ts';

export interface LinearHead {
  /** [classes, dimension], for features as they are. */
  readonly weight: Float32Array;
  /** [classes] */
  readonly bias: Float32Array;
}

export interface TrainedHead extends LinearHead {
  /** The penalty that was chosen, per squared weight of standardised features. */
  readonly penalty: number;
  /** On images that were left out in turn; undefined where a class has a single image. */
  readonly validated: { readonly top1: number; readonly loss: number; readonly images: number } | undefined;
}

export interface HeadOptions {
  readonly seed: number;
  /** Every class counts alike, however many images it has. */
  readonly balanced: boolean;
  readonly shouldStop?: () => void;
}

/** From weak to strong; a fit begins where the stronger one before it ended. */
const PENALTIES = [1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003];
const MOST_FOLDS = 5;
/** More images do not make the choice of a penalty any better. */
const MOST_VALIDATED = 4000;
const FOLDS = 21;
const LIMITS = { mostSteps: 200, gradientTolerance: 1e-6, valueTolerance: 1e-7 };
const ROUGH_LIMITS = { mostSteps: 60, gradientTolerance: 1e-4, valueTolerance: 1e-5 };
const LEAST_DEVIATION = 1e-6;

export async function trainLinearHead(
  data: LabelledFeatures,
  engine: Engine,
  target: SessionOptions,
  options: HeadOptions,
): Promise<TrainedHead> {
  const scale = scaleOf(data);
  const standardised = { ...data, features: standardise(data, scale) };
  const validation = await validate(standardised, engine, target, options);
  const penalty = validation?.penalty ?? 0.03;
  const fit = await SoftmaxRegression.open(standardised, engine, target);
  try {
    let weights = fit.zero();
    // Down the path of penalties: each is close to the one before.
    for (const step of PENALTIES.filter((value) => value >= penalty)) {
      const limits = step === penalty ? LIMITS : ROUGH_LIMITS;
      weights = await fit.fit(weights, {
        penalty: step,
        weights: sampleWeights(data, options.balanced),
        limits,
        shouldStop: options.shouldStop,
      });
    }
    return { ...unscaled(weights, data, scale), penalty, validated: validation };
  } finally {
    await fit.close();
  }
}

interface Scale {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

function scaleOf({ features, dimension, labels }: LabelledFeatures): Scale {
  const [mean, deviation] = [new Float64Array(dimension), new Float64Array(dimension)];
  features.forEach((value, index) => {
    mean[index % dimension] = at(mean, index % dimension) + value / labels.length;
  });
  features.forEach((value, index) => {
    const centred = value - at(mean, index % dimension);
    deviation[index % dimension] = at(deviation, index % dimension) + (centred * centred) / labels.length;
  });
  // A feature that never varies says nothing: it is left at zero.
  return {
    mean,
    deviation: deviation.map((value) => (value < LEAST_DEVIATION ** 2 ? Number.POSITIVE_INFINITY : Math.sqrt(value))),
  };
}

function standardise({ features, dimension }: LabelledFeatures, { mean, deviation }: Scale): Float32Array {
  return features.map((value, index) => (value - at(mean, index % dimension)) / at(deviation, index % dimension));
}

/** A classifier of standardised features as one of features as they are. */
function unscaled(
  weights: Float64Array,
  { dimension, classes }: LabelledFeatures,
  { mean, deviation }: Scale,
): LinearHead {
  const weight = new Float32Array(classes * dimension);
  const bias = new Float32Array(classes);
  for (let classId = 0; classId < classes; classId++) {
    let constant = at(weights, classes * dimension + classId);
    for (let feature = 0; feature < dimension; feature++) {
      const own = at(weights, classId * dimension + feature) / at(deviation, feature);
      weight[classId * dimension + feature] = own;
      constant -= own * at(mean, feature);
    }
    bias[classId] = constant;
  }
  return { weight, bias };
}

/** They sum to one. */
function sampleWeights({ labels, classes }: LabelledFeatures, balanced: boolean, used?: Uint8Array): Float64Array {
  const counts = new Float64Array(classes);
  labels.forEach((label, index) => {
    if (used?.[index] !== 0) counts[label] = at(counts, label) + 1;
  });
  const present = counts.filter((count) => count > 0).length;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return Float64Array.from(labels, (label, index) => {
    if (used?.[index] === 0) return 0;
    return balanced ? 1 / (present * at(counts, label)) : 1 / total;
  });
}

/** The penalty with the least loss on images that were left out; undefined where that cannot be asked. */
async function validate(data: LabelledFeatures, engine: Engine, target: SessionOptions, options: HeadOptions) {
  const some = sampled(data, options.seed);
  const folds = foldsOf(some, options.seed);
  if (!folds) return undefined;
  const losses = new Float64Array(PENALTIES.length);
  const correct = new Float64Array(PENALTIES.length);
  const fit = await SoftmaxRegression.open(some, engine, target);
  try {
    for (let fold = 0; fold < folds.count; fold++) {
      const used = Uint8Array.from(folds.of, (own) => Number(own !== fold));
      const left = Uint8Array.from(used, (value) => 1 - value);
      const weights = sampleWeights(some, options.balanced, used);
      const counted = sampleWeights(some, options.balanced, left);
      let fitted = fit.zero();
      for (const [place, penalty] of PENALTIES.entries()) {
        fitted = await fit.fit(fitted, { penalty, weights, limits: ROUGH_LIMITS, shouldStop: options.shouldStop });
        const { loss, right } = await fit.measure(fitted, counted, left);
        losses[place] = at(losses, place) + loss / folds.count;
        correct[place] = at(correct, place) + right;
      }
    }
  } finally {
    await fit.close();
  }
  const best = losses.indexOf(Math.min(...losses));
  const images = some.labels.length;
  return { penalty: at(PENALTIES, best), loss: at(losses, best), top1: at(correct, best) / images, images };
}

function sampled(data: LabelledFeatures, seed: number): LabelledFeatures {
  const { labels, features, dimension } = data;
  if (labels.length <= MOST_VALIDATED) return data;
  const order = shuffled(labels.length, seed).subarray(0, MOST_VALIDATED).sort();
  const chosen = new Float32Array(order.length * dimension);
  order.forEach((row, place) => {
    chosen.set(features.subarray(row * dimension, (row + 1) * dimension), place * dimension);
  });
  return { ...data, features: chosen, labels: Int32Array.from(order, (row) => at(labels, row)) };
}

/** Of each image the fold that leaves it out, each class spread evenly. Undefined when a class has a single image. */
function foldsOf({ labels, classes }: LabelledFeatures, seed: number) {
  const counts = new Int32Array(classes);
  for (const label of labels) counts[label] = at(counts, label) + 1;
  const least = Math.min(...counts.filter((count) => count > 0));
  const count = Math.min(MOST_FOLDS, least);
  if (count < 2) return undefined;
  const next = new Int32Array(classes);
  const of = new Int32Array(labels.length);
  for (const image of shuffled(labels.length, seed)) {
    const label = at(labels, image);
    of[image] = at(next, label) % count;
    next[label] = at(next, label) + 1;
  }
  return { count, of };
}

function shuffled(count: number, seed: number): Int32Array {
  const order = Int32Array.from({ length: count }, (_, index) => index);
  new CounterRandom(seed, FOLDS).shuffle(order);
  return order;
}
