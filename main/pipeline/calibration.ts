/**
 * Temperature scaling (Guo et al., "On calibration of modern neural networks", 2017): one number per model, fitted on
 * held-out images, by which its logits are divided before they are displayed as probabilities. It does not change the
 * order of an image's classes, nor anything stored: rankings use the model's raw scores.
 *
 * The inputs are probabilities; their logarithms equal the logits up to a constant shared by all classes of an image,
 * which a softmax ignores.
 */
import { at } from '../at.ts';
import type { ClassProbability } from '../catalogue/scores-of-images.ts';
import type { FilesOwner } from './brought-files.ts';
import { calibrationError, indexOfLargest } from './metrics.ts';
import { comparedMetric, newestComparison } from './newest-comparison.ts';

export interface Calibration {
  readonly temperature: number;
  /** Mean negative log-probability of the true class on the images it was fitted on. */
  readonly logLoss: BeforeAfter;
  /**
   * Expected calibration error; the value after scaling is cross-fitted: each half of the images uses the temperature
   * fitted on the other half.
   */
  readonly error: BeforeAfter;
}

interface BeforeAfter {
  readonly before: number;
  readonly after: number;
}

/** Limits of the temperature, however few images suggest a value beyond them. */
const [COLDEST, HOTTEST] = [0.05, 20] as const;
const STEPS = 60;
/** Below the smallest probability that a float can hold. */
const LEAST_LOG = -104;
/** Rows with another sum are not probabilities: a table of scores from elsewhere. */
const ROUNDING = 1e-3;

/** `probabilities` is [images, classes]. Undefined if they are not probabilities. */
export function calibrationOf(
  probabilities: Float32Array,
  labels: Int32Array,
  classes: number,
): Calibration | undefined {
  const images = [...labels.keys()];
  const logits = logitsOf(probabilities, classes);
  if (images.length === 0 || !logits) return undefined;
  const rows = { logits, labels, classes };
  const temperature = fittedTemperature(rows, images);
  const halves = [0, 1].map((half) => images.filter((image) => image % 2 === half));
  const byOthers = [1, 0].map((other) => fittedTemperature(rows, at(halves, other)));
  const scaled = new Float32Array(probabilities.length);
  for (const image of images) {
    const own = probabilities.subarray(image * classes, (image + 1) * classes);
    scaled.set(calibrated(own, at(byOthers, image % 2)), image * classes);
  }
  return {
    temperature,
    logLoss: { before: logLoss(rows, images, 1), after: logLoss(rows, images, 1 / temperature) },
    error: {
      before: calibrationError(probabilities, labels, classes),
      after: calibrationError(scaled, labels, classes),
    },
  };
}

/**
 * The displayed probabilities of one image. If only the highest of `classes` are given, the rest of the probability
 * mass is assumed to be spread evenly over the others.
 */
export function calibrated(
  probabilities: ArrayLike<number>,
  temperature: number,
  classes = probabilities.length,
): Float64Array {
  const others = classes - probabilities.length;
  const given = Float64Array.from(probabilities, (probability) => probability ** (1 / temperature));
  const missing = Array.from(probabilities).reduce((rest, probability) => rest - probability, 1);
  const spread = others > 0 && missing > 0 ? others * (missing / others) ** (1 / temperature) : 0;
  const sum = given.reduce((total, value) => total + value, spread);
  return sum > 0 ? given.map((value) => value / sum) : Float64Array.from(probabilities);
}

/** The temperature of a run's model, from the newest comparison that included it; undefined before the first. */
export async function temperatureOf(project: FilesOwner, runId: string): Promise<number | undefined> {
  return comparedMetric(await newestComparison(project, runId), temperatureMetric);
}

/** The displayed probabilities of one image: calibrated if the model's temperature is known. */
export function shownProbabilities(
  said: readonly ClassProbability[],
  temperature: number | undefined,
  classes: number,
): readonly ClassProbability[] {
  if (temperature === undefined) return said;
  const shown = calibrated(
    said.map(({ probability }) => probability),
    temperature,
    classes,
  );
  return said.map(({ classId }, place) => ({ classId, probability: at(shown, place) }));
}

/** The name of a model's temperature in a comparison's record. */
export function temperatureMetric(model: string): string {
  return `${model}Temperature`;
}

interface Rows {
  readonly logits: Float64Array;
  readonly labels: Int32Array;
  readonly classes: number;
}

function logitsOf(probabilities: Float32Array, classes: number): Float64Array | undefined {
  for (let first = 0; first < probabilities.length; first += classes) {
    let sum = 0;
    for (let place = first; place < first + classes; place++) sum += probabilities[place] as number;
    // Also what is not a number.
    if (!(Math.abs(sum - 1) <= ROUNDING)) return undefined;
  }
  return Float64Array.from(probabilities, (probability) => Math.max(LEAST_LOG, Math.log(probability)));
}

/**
 * The loss is convex in the inverse temperature, so that a zero of its slope is found by bisection. If no answer is
 * wrong, the sharpest temperature would be optimal, with no limit: then the model's own is kept, or a flatter one.
 */
function fittedTemperature(rows: Rows, images: readonly number[]): number {
  let [low, high] = [1 / HOTTEST, images.some((image) => isWrong(rows, image)) ? 1 / COLDEST : 1];
  if (slope(rows, images, high) <= 0) return 1 / high;
  if (slope(rows, images, low) >= 0) return 1 / low;
  for (let step = 0; step < STEPS; step++) {
    const middle = Math.sqrt(low * high);
    if (slope(rows, images, middle) > 0) high = middle;
    else low = middle;
  }
  return 1 / Math.sqrt(low * high);
}

function isWrong({ logits, labels, classes }: Rows, image: number): boolean {
  const own = Float32Array.from(logits.subarray(image * classes, (image + 1) * classes));
  return indexOfLargest(own) !== labels[image];
}

/** Slope of the loss in the inverse temperature. */
function slope(rows: Rows, images: readonly number[], inverse: number): number {
  let sum = 0;
  for (const image of images) {
    const { mean, truth } = softened(rows, image, inverse);
    sum += mean - truth;
  }
  return sum;
}

function logLoss(rows: Rows, images: readonly number[], inverse: number): number {
  let sum = 0;
  for (const image of images) {
    const { logSum, truth } = softened(rows, image, inverse);
    sum += logSum - inverse * truth;
  }
  return sum / images.length;
}

/**
 * For an image: the logarithm of the softmax's denominator, the mean of the logits under it, the logit of the true
 * class.
 */
function softened({ logits, labels, classes }: Rows, image: number, inverse: number) {
  const first = image * classes;
  let most = Number.NEGATIVE_INFINITY;
  for (let place = first; place < first + classes; place++) most = Math.max(most, logits[place] as number);
  let [sum, weighted] = [0, 0];
  for (let place = first; place < first + classes; place++) {
    const logit = logits[place] as number;
    const weight = Math.exp(inverse * (logit - most));
    sum += weight;
    weighted += weight * logit;
  }
  return { logSum: inverse * most + Math.log(sum), mean: weighted / sum, truth: at(logits, first + at(labels, image)) };
}
