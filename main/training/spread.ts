/**
 * Images that differ as much as possible from the labelled ones and from one another, according to an external network:
 * greedy k-centre, farthest first (Gonzalez 1985; Sener and Savarese 2018, for choosing what to label). Each image
 * chosen, or labelled later, becomes a centre for the following ones. The collection is not held in memory: some
 * thousands of candidates are considered, and as many centres.
 */
import { at } from '../at.ts';
import type { Engine } from '../engines/engine.ts';
import { Interrupted } from '../failure.ts';
import type { StoredFeatures } from './feature-classifier.ts';
import { FeatureStore } from './feature-store.ts';
import { NearestCosines } from './nearest-cosines.ts';
import { normalisedRows } from './nearest-neighbours.ts';
import type { ComputeTarget } from './train-request.ts';

export interface SpreadRequest {
  readonly target: ComputeTarget;
  /** Sorted. */
  readonly candidates: StoredFeatures;
  /** Sorted ids of known images, with features from the same extractor. */
  readonly centres: Int32Array;
  readonly count: number;
}

/** The ids of `count` candidates, the most different first; ties in order of id. */
export async function spread(
  { target, candidates, centres, count }: SpreadRequest,
  engine: Engine,
  host: { shouldStop(): boolean },
): Promise<Int32Array> {
  const { dimension, imageIds } = candidates;
  const store = new FeatureStore(candidates.storeDirectory, dimension);
  const rows = normalisedRows(await store.gather(imageIds), dimension);
  const known = normalisedRows(await store.gather(centres), dimension);
  const nearest = await nearestCentres(rows, known, dimension, engine, target);
  const taken = new Int32Array(Math.min(count, imageIds.length));
  for (let place = 0; place < taken.length; place++) {
    if (host.shouldStop()) throw new Interrupted();
    const farthest = leastOf(nearest);
    taken[place] = at(imageIds, farthest);
    const own = rows.subarray(farthest * dimension, (farthest + 1) * dimension);
    for (let row = 0; row < imageIds.length; row++) {
      nearest[row] = Math.max(nearest[row] as number, product(own, rows, row * dimension));
    }
    nearest[farthest] = Number.POSITIVE_INFINITY;
  }
  return taken;
}

async function nearestCentres(
  rows: Float32Array,
  centres: Float32Array,
  dimension: number,
  engine: Engine,
  target: ComputeTarget,
): Promise<Float32Array> {
  const count = rows.length / dimension;
  // Without centres, everything counts as farther away than any cosine.
  if (centres.length === 0 || count === 0) return new Float32Array(count).fill(-2);
  const compared = await NearestCosines.open(centres, dimension, count, engine, target);
  try {
    return await compared.of(rows);
  } finally {
    await compared.close();
  }
}

function leastOf(values: Float32Array): number {
  let least = 0;
  for (let place = 1; place < values.length; place++) {
    if ((values[place] as number) < (values[least] as number)) least = place;
  }
  return least;
}

function product(own: Float32Array, rows: Float32Array, first: number): number {
  let sum = 0;
  for (let place = 0; place < own.length; place++) sum += (own[place] as number) * (rows[first + place] as number);
  return sum;
}
