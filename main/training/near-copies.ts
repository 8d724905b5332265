/**
 * Pictures that a network considers nearly the same: mirrored, cropped, recoloured copies that no hash of the pixels
 * finds. For each picture the signs of its products with random directions are kept; two close vectors agree in most of
 * them (Charikar 2002), and in all of at least one band (Gionis, Indyk and Motwani 1999). Only such pairs are compared,
 * first by their signs, then by the cosine itself. Vectors are mean-centred, since a large part of a network's output
 * is the same for every picture.
 */
import { at } from '../at.ts';
import { DisjointSets } from '../disjoint-sets.ts';
import type { Engine } from '../engines/engine.ts';
import { Interrupted } from '../failure.ts';
import { fromHalf } from '../half.ts';
import { CounterRandom } from '../random.ts';
import { valueAt } from '../value-at.ts';
import type { StoredFeatures } from './feature-classifier.ts';
import { byFeatureShard, FeatureStore } from './feature-store.ts';
import { linearProgram } from './head-answers.ts';
import type { ComputeTarget } from './train-request.ts';

export interface NearCopiesRequest {
  readonly target: ComputeTarget;
  /** Sorted. */
  readonly source: StoredFeatures;
  /** The cosine of two mean-centred vectors from which on they are near-copies. */
  readonly leastCosine: number;
}

const BANDS = 24;
const BAND_BITS = 16;
const BITS = BANDS * BAND_BITS;
const DIRECTIONS = 47;
/** The most pictures that each picture is compared with per band; those that also agree in the next band come first. */
const MOST_COMPARED = 48;
/** Standard deviations of the number of differing signs: one in a thousand close pairs differs in more. */
const LENIENCE = 3;
const AT_ONCE = 1024;
/** The number of shards from which the mean is computed. */
const MEAN_SHARDS = 8;

/** Groups of at least two, the largest first, ids ascending. */
export async function nearCopies(
  request: NearCopiesRequest,
  engine: Engine,
  host: { shouldStop(): boolean },
): Promise<number[][]> {
  const { source, leastCosine } = request;
  const { imageIds, dimension } = source;
  const store = new FeatureStore(source.storeDirectory, dimension, source.inMemory);
  const mean = await meanOf(store, source);
  const halves = await store.gatherHalves(imageIds);
  const signs = await signsOf(halves, mean, request, engine, host);
  const compare = comparison(halves, mean, leastCosine);
  const sets = new DisjointSets(imageIds.length);
  const mostBits = mostDifferent(leastCosine);
  for (let band = 0; band < BANDS; band++) {
    if (host.shouldStop()) throw new Interrupted();
    eachThatAgrees(signs, band, (one, other) => {
      if (!differInAtMost(signs, one, other, mostBits) || sets.areOne(one, other)) return;
      if (compare(one, other)) sets.join(one, other);
    });
  }
  return sets.groups(imageIds);
}

async function meanOf(store: FeatureStore, { imageIds, dimension }: StoredFeatures): Promise<Float32Array> {
  const shards = [...byFeatureShard(imageIds).values()];
  const step = Math.max(1, Math.floor(shards.length / MEAN_SHARDS));
  const [mean, ids] = [new Float64Array(dimension), shards.filter((_, place) => place % step === 0)];
  for (const own of ids) {
    const features = await store.gather(own);
    features.forEach((value, place) => {
      mean[place % dimension] = (mean[place % dimension] as number) + value;
    });
  }
  const count = ids.reduce((sum, own) => sum + own.length, 0);
  return Float32Array.from(mean, (sum) => sum / Math.max(1, count));
}

/** [images, BANDS], one number of 16 signs per band. */
async function signsOf(
  halves: Uint16Array,
  mean: Float32Array,
  { target }: NearCopiesRequest,
  engine: Engine,
  host: { shouldStop(): boolean },
): Promise<Uint16Array> {
  const dimension = mean.length;
  const images = halves.length / dimension;
  const random = new CounterRandom(1, DIRECTIONS, dimension);
  const weight = Float32Array.from({ length: BITS * dimension }, () => random.normal());
  const bias = new Float32Array(BITS).map((_, bit) => -product(weight, bit * dimension, mean, 0, dimension));
  const state = new Map([
    ['weight', weight],
    ['bias', bias],
  ]);
  const session = await engine.prepare(linearProgram({ batch: AT_ONCE, dimension, rows: BITS }), state, target);
  const signs = new Uint16Array(images * BANDS);
  const features = new Float32Array(AT_ONCE * dimension);
  try {
    for (let first = 0; first < images; first += AT_ONCE) {
      if (host.shouldStop()) throw new Interrupted();
      const count = Math.min(AT_ONCE, images - first);
      fromHalf(halves.subarray(first * dimension, (first + count) * dimension), features, 0);
      const products = valueAt(await session.run(new Map([['features', features]])), 'answers');
      for (let place = 0; place < count * BITS; place++) {
        if ((products[place] as number) < 0) continue;
        const band = first * BANDS + Math.floor(place / BAND_BITS);
        signs[band] = (signs[band] as number) | (1 << (place % BAND_BITS));
      }
    }
  } finally {
    await session.dispose();
  }
  return signs;
}

/** Reports pairs that agree in a whole band. */
function eachThatAgrees(signs: Uint16Array, band: number, found: (one: number, other: number) => void): void {
  const images = signs.length / BANDS;
  const next = (band + 1) % BANDS;
  const keyOf = (image: number) => signs[image * BANDS + band] as number;
  // Sorts by this band, then by the next one, then by index: a double can hold all three.
  const keys = Float64Array.from(
    { length: images },
    (_, image) => (keyOf(image) * 2 ** BAND_BITS + (signs[image * BANDS + next] as number)) * 2 ** 21 + image,
  ).sort();
  const order = Int32Array.from(keys, (key) => key % 2 ** 21);
  for (let place = 0; place < images; place++) {
    const one = at(order, place);
    for (let other = place + 1; other < images && other <= place + MOST_COMPARED; other++) {
      if (keyOf(at(order, other)) !== keyOf(one)) break;
      found(one, at(order, other));
    }
  }
}

function differInAtMost(signs: Uint16Array, one: number, other: number, most: number): boolean {
  let bits = 0;
  for (let band = 0; band < BANDS && bits <= most; band++) {
    bits += bitsSet((signs[one * BANDS + band] as number) ^ (signs[other * BANDS + band] as number));
  }
  return bits <= most;
}

/** For two vectors with this cosine, each sign differs with a probability of their angle divided by π. */
function mostDifferent(cosine: number): number {
  const share = Math.acos(Math.min(1, cosine)) / Math.PI;
  return Math.ceil(BITS * share + LENIENCE * Math.sqrt(BITS * share * (1 - share)));
}

function comparison(halves: Uint16Array, mean: Float32Array, least: number): (one: number, other: number) => boolean {
  const dimension = mean.length;
  const vectors = [new Float32Array(dimension), new Float32Array(dimension)] as const;
  const centred = (image: number, vector: Float32Array<ArrayBuffer>) => {
    fromHalf(halves.subarray(image * dimension, (image + 1) * dimension), vector);
    for (let place = 0; place < dimension; place++) {
      vector[place] = (vector[place] as number) - (mean[place] as number);
    }
    return vector;
  };
  return (one, other) => {
    const [a, b] = [centred(one, vectors[0]), centred(other, vectors[1])];
    const squares = product(a, 0, a, 0, dimension) * product(b, 0, b, 0, dimension);
    // A vector equal to the mean has no direction: it only matches identical ones.
    if (squares === 0) return a.every((value, place) => value === b[place]);
    return product(a, 0, b, 0, dimension) >= least * Math.sqrt(squares);
  };
}

function product(a: Float32Array, firstA: number, b: Float32Array, firstB: number, count: number): number {
  let sum = 0;
  for (let place = 0; place < count; place++) sum += (a[firstA + place] as number) * (b[firstB + place] as number);
  return sum;
}

function bitsSet(value: number): number {
  const pairs = value - ((value >>> 1) & 0x5555);
  const fours = (pairs & 0x3333) + ((pairs >>> 2) & 0x3333);
  return ((((fours + (fours >>> 4)) & 0x0f0f) * 0x0101) >>> 8) & 0x1f;
}
