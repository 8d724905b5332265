/** Curves as lines over images processed: joining what is stored with what arrives, laying several runs over each other. */
import type { TrainingPoint } from '../../main/api/contract.ts';
import { at } from '../../main/at.ts';

export type Tone = 'teacher' | 'student' | 'quiet';

export interface Line {
  readonly key: string;
  readonly name: string;
  readonly tone: Tone;
  /** The dash, as lengths in pixels; empty for a whole line. Tells lines of one colour apart. */
  readonly dash: readonly number[];
  readonly points: readonly (readonly [imagesProcessed: number, value: number])[];
}

export type Measure = 'loss' | 'top1' | 'learningRate';

/** A training that goes on from its last checkpoint repeats what came after it: the newer points replace the older. */
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

export type Column = (number | null | undefined)[];

/** All lines over one common x; `undefined` where a line has no point of its own, which the chart draws across. */
export function aligned(lines: readonly Line[]): { readonly x: number[]; readonly values: Column[] } {
  const x = [...new Set(lines.flatMap(({ points }) => points.map(([images]) => images)))].sort((a, b) => a - b);
  const placeOf = new Map(x.map((images, place) => [images, place]));
  const values = lines.map(({ points }) => {
    const column: Column = new Array<undefined>(x.length).fill(undefined);
    for (const [images, value] of points) {
      const place = placeOf.get(images);
      if (place !== undefined) column[place] = value;
    }
    return column;
  });
  return { x, values };
}

/** The value at the last point that is not beyond `images`; undefined before the first and after the end. */
export function valueNear(line: Line, images: number): number | undefined {
  const last = line.points.at(-1);
  if (!last || images > last[0]) return undefined;
  return line.points.findLast(([at]) => at <= images)?.[1];
}

/** Evenly spread places for a table that stands in for the picture, the first and the last among them. */
export function tablePlaces(x: readonly number[], most: number): number[] {
  if (x.length <= most) return [...x];
  return Array.from({ length: most }, (_, row) => at(x, Math.round((row * (x.length - 1)) / (most - 1))));
}
