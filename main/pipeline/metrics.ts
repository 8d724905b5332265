import { at } from '../at.ts';
import { wilsonInterval, Z_95 } from '../wilson-interval.ts';
import type { Calibration } from './calibration.ts';
import type { SeveralMetrics } from './several-metrics.ts';

/** The evaluation of a model on held-out images, from its probabilities and the true classes. */
export interface ClassMetrics {
  readonly images: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export interface Evaluation {
  readonly images: number;
  readonly top1: number;
  /** 95 % Wilson interval of top-1. */
  readonly top1Interval: readonly [number, number];
  /** Share of images whose true class is among the five best (or among all, if fewer). */
  readonly top5: number;
  readonly expectedCalibrationError: number;
  /**
   * How its probabilities are displayed; absent in evaluations made before calibration existed, and for outputs that
   * are not probabilities.
   */
  readonly calibration?: Calibration | undefined;
  readonly classes: readonly ClassMetrics[];
  /**
   * Additional metrics if images have several classes; `top1` is then how often the best class is one of the image's.
   */
  readonly several?: SeveralMetrics | undefined;
  /**
   * Row: true class; column: predicted class. Empty if images may have several classes, since none is then mistaken for
   * another.
   */
  readonly confusion: readonly (readonly number[])[];
  /** Which images were right, in order: one bit each, lowest first, as base64. Needed to compare two models. */
  readonly correct: string;
}

/** How much better one model is than another on the same images, as a share: 0.01 is one percentage point. */
export interface PairedDifference {
  readonly difference: number;
  /** 95 %: a gain is likely real if the interval excludes 0. */
  readonly interval: readonly [number, number];
}

const CALIBRATION_BINS = 15;

/**
 * `probabilities` is [images, classes], `labels` [images], with at least one image. Of equal probabilities the first
 * class ranks higher; NaN is never right.
 */
export function evaluationOf(probabilities: Float32Array, labels: Int32Array, classes: number): Evaluation {
  const images = labels.length;
  if (images === 0 || probabilities.length !== images * classes) {
    throw new RangeError(`${probabilities.length} probabilities do not fit ${images} images of ${classes} classes`);
  }
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const correctBits = new Uint8Array(Math.ceil(images / 8));
  let [correct, amongFive] = [0, 0];
  labels.forEach((label, image) => {
    const row = probabilities.subarray(image * classes, (image + 1) * classes);
    const predicted = indexOfLargest(row);
    const confidence = at(row, predicted);
    const place = placeOf(row, label);
    const hit = Number(place === 0);
    correct += hit;
    amongFive += Number(place < 5);
    correctBits[image >> 3] = at(correctBits, image >> 3) | (hit << (image & 7));
    // An image without an answer has no predicted class: it is wrong, and in no column.
    if (Number.isNaN(confidence)) return;
    const counts = at(confusion, label);
    counts[predicted] = at(counts, predicted) + 1;
  });
  return {
    images,
    top1: correct / images,
    top1Interval: wilsonInterval(correct, images),
    top5: amongFive / images,
    expectedCalibrationError: calibrationError(probabilities, labels, classes),
    classes: confusion.map((_, classId) => classMetrics(confusion, classId, counted(labels, classId))),
    confusion,
    correct: Buffer.from(correctBits).toString('base64'),
  };
}

/**
 * Expected calibration error: the mean difference between confidence and accuracy over bins of confidence (Naeini et
 * al., 2015).
 */
export function calibrationError(probabilities: Float32Array, labels: Int32Array, classes: number): number {
  const bins = Array.from({ length: CALIBRATION_BINS }, () => ({ confidence: 0, correct: 0 }));
  labels.forEach((label, image) => {
    const row = probabilities.subarray(image * classes, (image + 1) * classes);
    const confidence = at(row, indexOfLargest(row));
    const bin = bins[Math.min(CALIBRATION_BINS - 1, Math.floor(confidence * CALIBRATION_BINS))];
    if (!bin) return;
    bin.confidence += confidence;
    bin.correct += Number(placeOf(row, label) === 0);
  });
  return bins.reduce((sum, bin) => sum + Math.abs(bin.confidence - bin.correct), 0) / labels.length;
}

/**
 * `model` against `baseline`, both evaluated on the same images in the same order. The interval is the adjusted Wald
 * one for paired proportions (Bonett and Price, 2012): only images on which the two differ are informative. Undefined
 * if either evaluation was written before correctness per image was stored.
 */
export function pairedDifference(model: Evaluation, baseline: Evaluation): PairedDifference | undefined {
  if (!model.correct || !baseline.correct || model.images !== baseline.images) return undefined;
  const [ours, theirs] = [Buffer.from(model.correct, 'base64'), Buffer.from(baseline.correct, 'base64')];
  let [onlyOurs, onlyTheirs] = [0, 0];
  ours.forEach((byte, index) => {
    const other = at(theirs, index);
    onlyOurs += bitCount(byte & ~other);
    onlyTheirs += bitCount(other & ~byte);
  });
  return differenceOf(onlyOurs, onlyTheirs, model.images);
}

/** For two models on the same images, from the numbers of images that only one of them gets right. */
export function differenceOf(onlyOurs: number, onlyTheirs: number, images: number): PairedDifference {
  const [gained, lost] = [(onlyOurs + 1) / (images + 2), (onlyTheirs + 1) / (images + 2)];
  const centre = gained - lost;
  const half = Z_95 * Math.sqrt((gained + lost - centre ** 2) / (images + 2));
  return {
    difference: (onlyOurs - onlyTheirs) / images,
    interval: [Math.max(-1, centre - half), Math.min(1, centre + half)],
  };
}

function bitCount(byte: number): number {
  let count = 0;
  for (let rest = byte; rest !== 0; rest &= rest - 1) count++;
  return count;
}

function counted(labels: Int32Array, classId: number): number {
  let images = 0;
  for (const label of labels) images += Number(label === classId);
  return images;
}

function classMetrics(confusion: readonly (readonly number[])[], classId: number, images: number): ClassMetrics {
  const predicted = confusion.reduce((sum, other) => sum + at(other, classId), 0);
  const hits = at(at(confusion, classId), classId);
  const precision = predicted === 0 ? 0 : hits / predicted;
  const recall = images === 0 ? 0 : hits / images;
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { images, precision, recall, f1 };
}

/** Ties go to the first. NaN is ignored; if all are NaN, returns 0. */
export function indexOfLargest(values: Float32Array): number {
  let [best, most] = [0, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    if ((values[i] as number) <= most || Number.isNaN(values[i])) continue;
    [best, most] = [i, values[i] as number];
  }
  return best;
}

/** The number of classes ranked before `label`; Infinity if its probability is NaN. */
export function placeOf(row: Float32Array, label: number): number {
  const own = at(row, label);
  if (Number.isNaN(own)) return Number.POSITIVE_INFINITY;
  let place = 0;
  row.forEach((value, classId) => {
    if (value > own || (value === own && classId < label)) place++;
  });
  return place;
}
