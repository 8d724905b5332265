/**
 * Whether a picture resembles anything that a classifier over features has learnt from: the cosine with its nearest
 * neighbour among some labelled images (Sun et al. 2022, out-of-distribution detection by deep nearest neighbours),
 * compared with that of left-out labelled images. Probabilities cannot tell: a fig is an automobile by 99.8 % if there
 * are only automobiles and ships.
 */
import { at } from '../at.ts';
import type { Engine, SessionOptions } from '../engines/engine.ts';
import { type Familiar, type FeatureHead, familiarOf } from '../models/feature-head.ts';
import { CounterRandom } from '../random.ts';
import { chosenRows } from './feature-rows.ts';
import { NearestCosines } from './nearest-cosines.ts';
import { normalisedRows } from './nearest-neighbours.ts';

/** The number of images kept, and of others that they are compared with. */
const MOST_KEPT = 1000;
/** The share of left-out images that would be called unfamiliar. */
const SHARE_BEYOND = 0.02;
/** With fewer images, the distances within a kind are unknown. */
const FEWEST = 10;
const CHOICE = 43;

/** @param features [images, dimension], straight from the extractor; returns undefined for too few images */
export async function familiarImages(
  { features, dimension, labels }: { features: Float32Array; dimension: number; labels: Int32Array },
  seed: number,
  engine: Engine,
  target: SessionOptions,
): Promise<Familiar | undefined> {
  if (labels.length < FEWEST) return undefined;
  const order = classByClass(labels, seed);
  const rows = (chosen: Int32Array) => normalisedRows(chosenRows(features, dimension, chosen), dimension);
  const known = rows(order.subarray(0, MOST_KEPT));
  const others = rows(order.subarray(MOST_KEPT, 2 * MOST_KEPT));
  // Too few others are less informative than the kept images, each left out in turn.
  const areKept = others.length < known.length;
  const asked = areKept ? known : others;
  const compared = await NearestCosines.open(known, dimension, MOST_KEPT, engine, target);
  try {
    const cosines = (await compared.of(asked, areKept)).sort();
    return { known, leastCosine: at(cosines, Math.floor(SHARE_BEYOND * cosines.length)) };
  } finally {
    await compared.close();
  }
}

/** Indices of images in the order in which they are kept: one of each class, then another one of each. */
export function classByClass(labels: Int32Array, seed: number): Int32Array {
  const shuffled = Int32Array.from(labels, (_, place) => place);
  new CounterRandom(seed, CHOICE).shuffle(shuffled);
  const turns = new Map<number, number>();
  const turn = new Int32Array(labels.length);
  for (const place of shuffled) {
    const label = at(labels, place);
    turn[place] = turns.get(label) ?? 0;
    turns.set(label, at(turn, place) + 1);
  }
  return shuffled.sort((a, b) => at(turn, a) - at(turn, b));
}

interface Familiarity {
  /**
   * @param features [count, dimension]
   * @returns the rows that are unlike anything it has learnt from
   */
  unlike(features: Float32Array): Promise<number[]>;
  close(): Promise<void>;
}

/** Undefined for a classifier that cannot tell. */
export async function openFamiliarity(
  head: FeatureHead,
  batch: number,
  engine: Engine,
  target: SessionOptions,
): Promise<Familiarity | undefined> {
  const familiar = familiarOf(head);
  if (!familiar) return undefined;
  const { known, leastCosine } = familiar;
  const compared = await NearestCosines.open(known, head.dimension, batch, engine, target);
  const unlike = async (features: Float32Array) => {
    const cosines = await compared.of(normalisedRows(features, head.dimension));
    return [...cosines.keys()].filter((row) => at(cosines, row) < leastCosine);
  };
  return { unlike, close: () => compared.close() };
}
