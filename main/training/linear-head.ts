/**
 * A linear classifier over features, or one with a hidden layer: multinomial logistic regression, with equally weighted
 * classes and the strength of its L2 penalty chosen by cross-validation. Its two matrix products run on an engine,
 * everything else is a few vectors; the same data give the same classifier. This is the usual measure of the quality of
 * features ("linear probe"), and a teacher within seconds.
 */
import { at } from '../at.ts';
import type { Engine, SessionOptions } from '../engines/engine.ts';
import type { Layer } from '../models/feature-head.ts';
import { CounterRandom } from '../random.ts';
import { chosenRows } from './feature-rows.ts';
import { type LabelledFeatures, SoftmaxRegression } from './softmax-regression.ts';

/** The first layer takes unstandardised features. */
export interface TrainedHead extends Layer {
  /** The layer before it; absent if there is no hidden layer. */
  readonly hidden?: Layer | undefined;
  /** The chosen penalty, per squared weight of standardised features. */
  readonly penalty: number;
  /** On images that were left out in turn; undefined if a class has a single image. */
  readonly validated: { readonly top1: number; readonly loss: number; readonly images: number } | undefined;
}

export interface HeadOptions {
  readonly seed: number;
  /** Weights classes equally, however many images each has. */
  readonly balanced: boolean;
  readonly shouldStop?: () => void;
}

/** From strong to weak; a fit starts where the previous, stronger one ended. */
const PENALTIES = [1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003];
/** A hidden layer starts from random weights: once a strong penalty has driven them to zero, they do not recover. */
const HIDDEN_PENALTIES = [0.03, 0.01, 0.003, 0.001, 0.0003];
const MOST_FOLDS = 5;
/** More images would not improve the choice of a penalty. */
const MOST_VALIDATED = 4000;
const FOLDS = 21;
const LIMITS = { mostSteps: 200, gradientTolerance: 1e-6, valueTolerance: 1e-7 };
const ROUGH_LIMITS = { mostSteps: 60, gradientTolerance: 1e-4, valueTolerance: 1e-5 };
const LEAST_DEVIATION = 1e-6;

/** Modifies the features: they are standardised in place. */
export async function trainLinearHead(
  data: LabelledFeatures,
  engine: Engine,
  target: SessionOptions,
  options: HeadOptions,
): Promise<TrainedHead> {
  const scale = scaleOf(data);
  standardise(data, scale);
  const validation = await validate(data, engine, target, options);
  const hidden = data.hidden !== undefined;
  const penalty = validation?.penalty ?? (hidden ? 0.01 : 0.03);
  const fit = await SoftmaxRegression.open(data, engine, target);
  try {
    let weights = validation?.weights ?? fit.start(options.seed);
    const counted = sampleWeights(data, options.balanced);
    // Down the path of penalties: each solution is close to the previous one.
    const path = hidden || validation?.weights ? [penalty] : PENALTIES.filter((value) => value >= penalty);
    for (const step of path) {
      const limits = step === penalty ? LIMITS : ROUGH_LIMITS;
      weights = await fit.fit(weights, { penalty: step, weights: counted, limits, shouldStop: options.shouldStop });
    }
    const layer = (weight: string, bias: string) => ({
      weight: fit.named(weight, weights),
      bias: fit.named(bias, weights),
    });
    const last = layer('weight', 'bias');
    const layers = hidden
      ? { ...last, hidden: unscaled(layer('hiddenWeight', 'hiddenBias'), scale) }
      : unscaled(last, scale);
    return { ...layers, penalty, validated: validation?.validated };
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
  const images = labels.length;
  for (let first = 0; first < features.length; first += dimension) {
    for (let feature = 0; feature < dimension; feature++) {
      mean[feature] = (mean[feature] as number) + (features[first + feature] as number);
    }
  }
  for (let feature = 0; feature < dimension; feature++) mean[feature] = at(mean, feature) / images;
  for (let first = 0; first < features.length; first += dimension) {
    for (let feature = 0; feature < dimension; feature++) {
      const centred = (features[first + feature] as number) - (mean[feature] as number);
      deviation[feature] = (deviation[feature] as number) + centred * centred;
    }
  }
  // A feature that never varies is uninformative and stays zero.
  const rootOf = (variance: number) =>
    variance < LEAST_DEVIATION ** 2 ? Number.POSITIVE_INFINITY : Math.sqrt(variance);
  return { mean, deviation: deviation.map((sum) => rootOf(sum / images)) };
}

/** In place, since with many images there is no room for a second table. */
function standardise({ features, dimension }: LabelledFeatures, { mean, deviation }: Scale): void {
  for (let first = 0; first < features.length; first += dimension) {
    for (let feature = 0; feature < dimension; feature++) {
      const centred = (features[first + feature] as number) - (mean[feature] as number);
      features[first + feature] = centred / (deviation[feature] as number);
    }
  }
}

/** Converts a layer over standardised features to one over the original features. */
function unscaled({ weight, bias }: Layer, { mean, deviation }: Scale): Layer {
  const dimension = mean.length;
  const scaled = weight.map((value, index) => value / at(deviation, index % dimension));
  const constants = bias.map((value, output) => {
    let constant = value;
    for (let feature = 0; feature < dimension; feature++) {
      constant -= at(scaled, output * dimension + feature) * at(mean, feature);
    }
    return constant;
  });
  return { weight: scaled, bias: constants };
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

function penaltiesOf({ hidden }: LabelledFeatures): readonly number[] {
  return hidden === undefined ? PENALTIES : HIDDEN_PENALTIES;
}

interface Validation {
  readonly penalty: number;
  readonly validated: TrainedHead['validated'];
  /**
   * The weights fitted with that penalty to part of the images, for standardised features; absent if there were several
   * fits.
   */
  readonly weights?: Float64Array;
}

/** The penalty with the smallest loss on left-out images; undefined if that cannot be evaluated. */
async function validate(
  data: LabelledFeatures,
  engine: Engine,
  target: SessionOptions,
  options: HeadOptions,
): Promise<Validation | undefined> {
  const { length } = data.labels;
  if (length >= 2 * MOST_VALIDATED) {
    const order = shuffled(length, options.seed);
    const learnt = rowsOf(data, order.slice(0, MOST_VALIDATED));
    const left = rowsOf(data, order.slice(MOST_VALIDATED, 2 * MOST_VALIDATED));
    return await validateOnOthers(learnt, left, engine, target, options);
  }
  const some = length <= MOST_VALIDATED ? data : rowsOf(data, shuffled(length, options.seed).slice(0, MOST_VALIDATED));
  return await validateInFolds(some, engine, target, options);
}

/**
 * With this many images, some are used for fitting and as many others for evaluation: cross-validation gives the same
 * result with fewer.
 */
async function validateOnOthers(
  learnt: LabelledFeatures,
  left: LabelledFeatures,
  engine: Engine,
  target: SessionOptions,
  { seed, balanced, shouldStop }: HeadOptions,
): Promise<Validation | undefined> {
  const [fit, asked] = [
    await SoftmaxRegression.open(learnt, engine, target),
    await SoftmaxRegression.open(left, engine, target),
  ];
  try {
    const [weights, counted] = [sampleWeights(learnt, balanced), sampleWeights(left, balanced)];
    const start = fit.start(seed);
    let fitted = start;
    let best: (Validation & { readonly validated: { readonly loss: number } }) | undefined;
    for (const penalty of penaltiesOf(learnt)) {
      fitted = await fit.fit(learnt.hidden === undefined ? fitted : start, {
        penalty,
        weights,
        limits: ROUGH_LIMITS,
        shouldStop,
      });
      const { loss, right } = await asked.measure(fitted, counted);
      const images = left.labels.length;
      const validated = { loss, top1: right / images, images };
      if (best === undefined || loss < best.validated.loss) best = { penalty, weights: fitted, validated };
    }
    return best;
  } finally {
    await fit.close();
    await asked.close();
  }
}

/** Each image is left out once. */
async function validateInFolds(
  some: LabelledFeatures,
  engine: Engine,
  target: SessionOptions,
  options: HeadOptions,
): Promise<Validation | undefined> {
  const folds = foldsOf(some, options.seed);
  if (!folds) return undefined;
  const penalties = penaltiesOf(some);
  const losses = new Float64Array(penalties.length);
  const correct = new Float64Array(penalties.length);
  const fit = await SoftmaxRegression.open(some, engine, target);
  try {
    for (let fold = 0; fold < folds.count; fold++) {
      const used = Uint8Array.from(folds.of, (own) => Number(own !== fold));
      const left = Uint8Array.from(used, (value) => 1 - value);
      const weights = sampleWeights(some, options.balanced, used);
      const counted = sampleWeights(some, options.balanced, left);
      const start = fit.start(options.seed);
      let fitted = start;
      for (const [place, penalty] of penalties.entries()) {
        fitted = await fit.fit(some.hidden === undefined ? fitted : start, {
          penalty,
          weights,
          limits: ROUGH_LIMITS,
          shouldStop: options.shouldStop,
        });
        const { loss, right } = await fit.measure(fitted, counted);
        losses[place] = at(losses, place) + loss / folds.count;
        correct[place] = at(correct, place) + right;
      }
    }
  } finally {
    await fit.close();
  }
  const best = losses.indexOf(Math.min(...losses));
  const images = some.labels.length;
  const validated = { loss: at(losses, best), top1: at(correct, best) / images, images };
  return { penalty: at(penalties, best), validated };
}

function rowsOf(data: LabelledFeatures, rows: Int32Array): LabelledFeatures {
  const { labels, features, dimension } = data;
  const order = rows.slice().sort();
  const chosen = chosenRows(features, dimension, order);
  return { ...data, features: chosen, labels: Int32Array.from(order, (row) => at(labels, row)) };
}

/** For each image the fold that leaves it out, each class spread evenly. Undefined if a class has a single image. */
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
