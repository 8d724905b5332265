/** Curves as lines over images processed: joining stored points with arriving ones, and aligning several runs. */
import type { HeldOutAnswers, TrainingPoint } from '../../main/api/contract.ts';
import { at } from '../../main/at.ts';
import { wilsonInterval } from '../../main/wilson-interval.ts';

export type Tone = 'teacher' | 'student' | 'quiet';

export interface Line {
  readonly key: string;
  readonly name: string;
  readonly tone: Tone;
  /** The dash, as lengths in pixels; empty for a solid line. Distinguishes lines of one colour. */
  readonly dash: readonly number[];
  readonly points: readonly (readonly [imagesProcessed: number, value: number])[];
  /** Drawn thin, beside another line of the same run. */
  readonly thin?: boolean;
  /** The interval at each of its points. */
  readonly band?: readonly (readonly [low: number, high: number])[];
}

export type Measure = 'loss' | 'top1' | 'learningRate';

/** A training that resumes from its last checkpoint repeats the points after it: the newer points replace the older. */
export function appendPoints(known: readonly TrainingPoint[], grown: readonly TrainingPoint[]): TrainingPoint[] {
  const [first] = grown;
  if (!first) return [...known];
  const kept = known.findLastIndex(({ imagesProcessed }) => imagesProcessed < first.imagesProcessed) + 1;
  return [...known.slice(0, kept), ...grown];
}

export function measured(curve: readonly TrainingPoint[], measure: Measure, offset = 0): Line['points'] {
  return curve.flatMap((point): [number, number][] => {
    const value = point[measure];
    return value === undefined ? [] : [[point.imagesProcessed + offset, value]];
  });
}

export interface Asked {
  readonly imagesProcessed: number;
  readonly heldOut: HeldOutAnswers;
}

/** The points at which the network was applied to held-out images. */
export function askedAt(curve: readonly TrainingPoint[]): Asked[] {
  return curve.flatMap(({ imagesProcessed, heldOut }) => (heldOut ? [{ imagesProcessed, heldOut }] : []));
}

/** The share of right answers on held-out images, with its 95 % interval. */
export function heldOutShares(curve: readonly TrainingPoint[], offset = 0): Required<Pick<Line, 'points' | 'band'>> {
  const asked = askedAt(curve);
  return {
    points: asked.map(({ imagesProcessed, heldOut }) => [imagesProcessed + offset, heldOut.correct / heldOut.images]),
    band: asked.map(({ heldOut }) => wilsonInterval(heldOut.correct, heldOut.images)),
  };
}

export type Column = (number | null | undefined)[];

/** All lines over one common x; `undefined` where a line has no point of its own, which the chart bridges. */
export function aligned(lines: readonly Line[]): {
  readonly x: number[];
  readonly values: Column[];
  /** For the lines that have one, in their order. */
  readonly bands: { readonly low: Column; readonly high: Column }[];
} {
  const x = [...new Set(lines.flatMap(({ points }) => points.map(([images]) => images)))].sort((a, b) => a - b);
  const placeOf = new Map(x.map((images, place) => [images, place]));
  const column = (points: Line['points']) => {
    const values: Column = new Array<undefined>(x.length).fill(undefined);
    for (const [images, value] of points) {
      const place = placeOf.get(images);
      if (place !== undefined) values[place] = value;
    }
    return values;
  };
  const edge = ({ points }: Line, band: NonNullable<Line['band']>, side: 0 | 1) =>
    column(points.map(([images], place) => [images, at(band, place)[side]]));
  return {
    x,
    values: lines.map(({ points }) => column(points)),
    bands: lines.flatMap((line) =>
      line.band ? [{ low: edge(line, line.band, 0), high: edge(line, line.band, 1) }] : [],
    ),
  };
}

/** The value at the last point up to `images`; undefined before the first and after the end. */
export function valueNear(line: Line, images: number): number | undefined {
  const last = line.points.at(-1);
  if (!last || images > last[0]) return undefined;
  return line.points.findLast(([at]) => at <= images)?.[1];
}

/** Evenly spread indices for a table that replaces the picture, including the first and the last. */
export function tablePlaces(x: readonly number[], most: number): number[] {
  if (x.length <= most) return [...x];
  return Array.from({ length: most }, (_, row) => at(x, Math.round((row * (x.length - 1)) / (most - 1))));
}
