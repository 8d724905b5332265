/**
 * Evaluation if images may have several classes: average precision per class and its mean, and F1 at a threshold per
 * class. Thresholds are chosen on the held-out images; for the evaluation, each half of them uses the threshold chosen
 * on the other half, so that no image helps to choose what it is evaluated with.
 */
import { at } from '../at.ts';
import { CounterRandom } from '../random.ts';
import { isOf, type SoftTargets } from '../training/soft-targets.ts';
import { wilsonInterval } from '../wilson-interval.ts';
import { averagePrecision, bestThreshold, type Ranked, rankedBy } from './average-precision.ts';
import { type ClassMetrics, type Evaluation, indexOfLargest, type PairedDifference, placeOf } from './metrics.ts';

export interface SeveralMetrics {
  /** Over the classes that a held-out image has. */
  readonly meanAveragePrecision: number;
  /** 95 %: percentiles of the bootstrap over images. */
  readonly interval: readonly [number, number];
  /** Mean average precision of each bootstrap draw, float32 as base64: the draws are the same images for all models. */
  readonly draws: string;
  /** Over all answers together, and the mean over the classes. */
  readonly microF1: number;
  readonly macroF1: number;
  readonly classes: readonly {
    /** Null if no held-out image has the class. */
    readonly averagePrecision: number | null;
    /** The probability from which on the model is considered to assign the class; chosen on all held-out images. */
    readonly threshold: number;
  }[];
}

const [FEWEST_DRAWS, MOST_DRAWS] = [200, 1000] as const;
/** The total number of image–class pairs that the bootstrap processes, over all draws. */
const BOOTSTRAP_WORK = 2e8;
const BOOTSTRAP_SEED = 0xb007;
const BINS = 15;

/** `probabilities` is [images, classes]; `targets` has the classes of each image. At least one image. */
export function severalEvaluationOf(probabilities: Float32Array, targets: SoftTargets, classes: number): Evaluation {
  const images = probabilities.length / classes;
  const columns = Array.from({ length: classes }, (_, output) => columnOf(probabilities, targets, output, classes));
  const best = Array.from({ length: images }, (_, image) => bestOf(probabilities, targets, image, classes));
  const correct = best.reduce((sum, { place }) => sum + Number(place === 0), 0);
  const bits = new Uint8Array(Math.ceil(images / 8));
  for (const [image, { place }] of best.entries()) {
    bits[image >> 3] = at(bits, image >> 3) | (Number(place === 0) << (image & 7));
  }
  const perClass = columns.map(crossFitted);
  return {
    images,
    top1: correct / images,
    top1Interval: wilsonInterval(correct, images),
    top5: best.filter(({ place }) => place < 5).length / images,
    expectedCalibrationError: calibrationErrorOfEach(columns),
    classes: perClass.map(metricsOf),
    confusion: [],
    correct: Buffer.from(bits).toString('base64'),
    several: {
      ...bootstrapped(columns, images),
      microF1: metricsOf(perClass.reduce(added, { hits: 0, said: 0, images: 0 })).f1,
      macroF1: mean(perClass.filter((counts) => counts.images > 0).map((counts) => metricsOf(counts).f1)),
      classes: columns.map(({ ranked, isOfClass }) => {
        const own = averagePrecision(ranked, isOfClass);
        return { averagePrecision: Number.isNaN(own) ? null : own, threshold: bestThreshold(ranked, isOfClass) };
      }),
    },
  };
}

/** From the bootstrap draws that both share. Undefined if either has none, or if they are of other images. */
export function averagePrecisionDifference(model: Evaluation, baseline: Evaluation): PairedDifference | undefined {
  if (!model.several || !baseline.several || model.images !== baseline.images) return undefined;
  const [ours, theirs] = [drawsOf(model.several), drawsOf(baseline.several)];
  if (ours.length !== theirs.length) return undefined;
  return {
    difference: model.several.meanAveragePrecision - baseline.several.meanAveragePrecision,
    interval: middle(ours.map((value, draw) => value - at(theirs, draw))),
  };
}

/**
 * The true class that a prediction is compared with: the predicted class if the image has it, else the image's first.
 */
export function shownTruths(probabilities: Float32Array, targets: SoftTargets, classes: number): Int32Array {
  return Int32Array.from({ length: probabilities.length / classes }, (_, image) => {
    const predicted = indexOfLargest(probabilities.subarray(image * classes, (image + 1) * classes));
    return isOf(targets, image, predicted) ? predicted : at(targets.outputs, image * targets.width);
  });
}

interface Column {
  readonly scores: Float32Array;
  readonly isOfClass: Uint8Array;
  readonly ranked: Ranked;
}

function columnOf(probabilities: Float32Array, targets: SoftTargets, output: number, classes: number): Column {
  const images = probabilities.length / classes;
  const scores = Float32Array.from({ length: images }, (_, image) => at(probabilities, image * classes + output));
  const isOfClass = Uint8Array.from({ length: images }, (_, image) => Number(isOf(targets, image, output)));
  return { scores, isOfClass, ranked: rankedBy(scores) };
}

/** The number of classes ranked before the best true one. */
function bestOf(probabilities: Float32Array, { width, outputs }: SoftTargets, image: number, classes: number) {
  const row = probabilities.subarray(image * classes, (image + 1) * classes);
  const own = [...outputs.subarray(image * width, (image + 1) * width)].filter((output) => output !== -1);
  return { place: Math.min(...own.map((output) => placeOf(row, output))) };
}

interface Counts {
  readonly hits: number;
  readonly said: number;
  readonly images: number;
}

/** Each half of the images at the threshold that the other half gives. */
function crossFitted({ scores, isOfClass }: Column): Counts {
  const halves = [0, 1].map((half) => [...scores.keys()].filter((image) => image % 2 === half));
  let [hits, said, images] = [0, 0, 0];
  for (const [half, judged] of halves.entries()) {
    const threshold = bestThreshold(rankedBy(scores, at(halves, 1 - half)), isOfClass);
    for (const image of judged) {
      const says = Number(at(scores, image) >= threshold);
      said += says;
      images += at(isOfClass, image);
      hits += says * at(isOfClass, image);
    }
  }
  return { hits, said, images };
}

function metricsOf({ hits, said, images }: Counts): ClassMetrics {
  return {
    images,
    precision: said === 0 ? 0 : hits / said,
    recall: images === 0 ? 0 : hits / images,
    f1: said + images === 0 ? 0 : (2 * hits) / (said + images),
  };
}

function added(a: Counts, b: Counts): Counts {
  return { hits: a.hits + b.hits, said: a.said + b.said, images: a.images + b.images };
}

function bootstrapped(columns: readonly Column[], images: number) {
  const work = Math.floor(BOOTSTRAP_WORK / Math.max(1, images * columns.length));
  const draws = new Float32Array(Math.max(FEWEST_DRAWS, Math.min(MOST_DRAWS, work)));
  const weights = new Float64Array(images);
  for (const draw of draws.keys()) {
    const random = new CounterRandom(BOOTSTRAP_SEED, draw);
    weights.fill(0);
    for (let drawn = 0; drawn < images; drawn++) {
      const image = Math.min(images - 1, Math.floor(random.uniform() * images));
      weights[image] = at(weights, image) + 1;
    }
    draws[draw] = meanOver(columns, weights);
  }
  return {
    meanAveragePrecision: meanOver(columns),
    interval: middle([...draws].filter((value) => !Number.isNaN(value))),
    draws: Buffer.from(draws.buffer).toString('base64'),
  };
}

function meanOver(columns: readonly Column[], weights?: Float64Array): number {
  const known = columns.map(({ ranked, isOfClass }) => averagePrecision(ranked, isOfClass, weights));
  return mean(known.filter((value) => !Number.isNaN(value)));
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The interval that contains 95 % of the values. */
function middle(values: readonly number[]): readonly [number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  if (sorted.length === 0) return [0, 0];
  const share = (part: number) => at(sorted, Math.min(sorted.length - 1, Math.floor(part * sorted.length)));
  return [share(0.025), share(0.975)];
}

function drawsOf({ draws }: SeveralMetrics): number[] {
  const bytes = Buffer.from(draws, 'base64');
  return Array.from({ length: bytes.length / 4 }, (_, place) => bytes.readFloatLE(4 * place));
}

/** Expected calibration error over all image–class pairs: probability against truth in bins of probability. */
function calibrationErrorOfEach(columns: readonly Column[]): number {
  const bins = Array.from({ length: BINS }, () => ({ said: 0, true: 0 }));
  let answers = 0;
  for (const { scores, isOfClass } of columns) {
    for (const [image, score] of scores.entries()) {
      const bin = bins[Math.min(BINS - 1, Math.floor(score * BINS))];
      if (!bin) continue;
      bin.said += score;
      bin.true += at(isOfClass, image);
      answers++;
    }
  }
  return answers === 0 ? 0 : bins.reduce((sum, bin) => sum + Math.abs(bin.said - bin.true), 0) / answers;
}
