/**
 * What several trainings of one kind say, each judged on the same images. A figure is uncertain twice: another seed gives
 * another network, another draw of held-out images another judgement. Both variances are added, each estimated from the means
 * over the other, which counts their interaction twice and so never too little (Owen, "The pigeonhole bootstrap", 2007); the
 * degrees of freedom are Satterthwaite's. With one seed nothing is known of others: the interval is of the images alone.
 */
import { at } from '../at.ts';
import type { Evaluation } from '../pipeline/metrics.ts';
import { tQuantile } from './student-t.ts';

export interface SeededFigure {
  readonly mean: number;
  readonly interval: readonly [number, number];
  /** Of each seed, in their order. */
  readonly perSeed: readonly number[];
}

/** Right answers of one training: one number an image, 1 for a right one. */
export type Answers = Uint8Array;

/** Throws a `RangeError` where the evaluation was written before its right answers were kept. */
export function answersOf({ correct, images }: Evaluation): Answers {
  const bits = Buffer.from(correct ?? '', 'base64');
  if (bits.length < Math.ceil(images / 8)) throw new RangeError('the evaluation keeps no right answers');
  return Uint8Array.from({ length: images }, (_, image) => (at(bits, image >> 3) >> (image & 7)) & 1);
}

/** Two right ones and two wrong ones beside those that were seen keep shares near 0 and 1 from looking sure (Agresti, Coull, 1998). */
const SHARE_PRIOR = [1, 1, 0, 0] as const;
/** The same for differences, of which only images with different answers say anything (Bonett, Price, 2012). */
const DIFFERENCE_PRIOR = [1, -1] as const;

/** The share of right answers. */
export function accuracyOver(seeds: readonly Answers[], confidence: number): SeededFigure {
  const [low, high] = [0, 1];
  return figure(
    seeds.map((answers) => Float64Array.from(answers)),
    { confidence, prior: SHARE_PRIOR, low, high },
  );
}

/** How much better `ours` is than `theirs`, as a share; both have the same seeds, in one order. */
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

/** `rows` has one number an image for each seed. */
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
