/**
 * Statistics over several trainings of one kind, each judged on the same images. A figure has two sources of uncertainty:
 * another seed gives another network, and another draw of held-out images gives another judgement. Both variances are added,
 * each estimated from the means over the other source; this counts their interaction twice and so never underestimates (Owen,
 * "The pigeonhole bootstrap", 2007). The degrees of freedom are Satterthwaite's. A single seed says nothing about others: the
 * interval then covers the images alone.
 */
import { at } from '../at.ts';
import type { Evaluation } from '../pipeline/metrics.ts';
import { tQuantile } from './student-t.ts';

export interface SeededFigure {
  readonly mean: number;
  readonly interval: readonly [number, number];
  /** One value per seed, in the order of the seeds. */
  readonly perSeed: readonly number[];
}

/** Correct answers of one training: one number per image, 1 for a correct one. */
export type Answers = Uint8Array;

/** Throws a `RangeError` if the evaluation was written by a version that did not keep the correct answers. */
export function answersOf({ correct, images }: Evaluation): Answers {
  const bits = Buffer.from(correct ?? '', 'base64');
  if (bits.length < Math.ceil(images / 8)) throw new RangeError('the evaluation keeps no right answers');
  return Uint8Array.from({ length: images }, (_, image) => (at(bits, image >> 3) >> (image & 7)) & 1);
}

/**
 * Two correct and two wrong answers are added to the observed ones, so that shares near 0 and 1 do not look certain (Agresti,
 * Coull, 1998).
 */
const SHARE_PRIOR = [1, 1, 0, 0] as const;
/** The same for differences, for which only images with different answers carry information (Bonett, Price, 2012). */
const DIFFERENCE_PRIOR = [1, -1] as const;

/** The share of correct answers. */
export function accuracyOver(seeds: readonly Answers[], confidence: number): SeededFigure {
  const [low, high] = [0, 1];
  return figure(
    seeds.map((answers) => Float64Array.from(answers)),
    { confidence, prior: SHARE_PRIOR, low, high },
  );
}

/** How much better `ours` is than `theirs`, as a share; both have the same seeds in the same order. */
export function differenceOver(ours: readonly Answers[], theirs: readonly Answers[], confidence: number): SeededFigure {
  if (ours.length !== theirs.length) throw new RangeError(`${ours.length} seeds against ${theirs.length}`);
  const differences = ours.map((answers, seed) => {
    const others = at(theirs, seed);
    if (answers.length !== others.length) throw new RangeError('the two were judged on different images');
    return Float64Array.from(answers, (answer, image) => answer - at(others, image));
  });
  return figure(differences, { confidence, prior: DIFFERENCE_PRIOR, low: -1, high: 1 });
}

interface FigureOptions {
  readonly confidence: number;
  readonly prior: readonly number[];
  readonly low: number;
  readonly high: number;
}

/** `rows` has one number per image for each seed. */
function figure(rows: readonly Float64Array[], { confidence, prior, low, high }: FigureOptions): SeededFigure {
  const [seeds, images] = [rows.length, rows[0]?.length ?? 0];
  if (seeds === 0 || images === 0) throw new RangeError('no figure of no seed or of no image');
  const perSeed = rows.map(mean);
  const perImage = Float64Array.from({ length: images + prior.length }, (_, image) =>
    image < images ? rows.reduce((sum, row) => sum + at(row, image), 0) / seeds : at(prior, image - images),
  );
  const ofImages = variance(perImage) / perImage.length;
  const ofSeeds = seeds > 1 ? variance(Float64Array.from(perSeed)) / seeds : 0;
  const total = ofImages + ofSeeds;
  const freedom =
    total === 0
      ? 1
      : total ** 2 / (ofImages ** 2 / (perImage.length - 1) + (seeds > 1 ? ofSeeds ** 2 / (seeds - 1) : 0));
  const half = total === 0 ? 0 : tQuantile(confidence, Math.max(1, freedom)) * Math.sqrt(total);
  const centre = mean(perImage);
  return {
    mean: mean(Float64Array.from(perSeed)),
    interval: [Math.max(low, centre - half), Math.min(high, centre + half)],
    perSeed,
  };
}

function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** Unbiased. */
function variance(values: Float64Array): number {
  const middle = mean(values);
  let sum = 0;
  for (const value of values) sum += (value - middle) ** 2;
  return sum / (values.length - 1);
}
