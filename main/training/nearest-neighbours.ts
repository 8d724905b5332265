/**
 * Weighted nearest neighbours over features, as in DINO's evaluation (Caron et al. 2021, appendix F.1, after Wu et al.
 * 2018): the images with the greatest cosine vote for their class with exp(cosine / 0.07). Nothing is trained, so that
 * it works with a single label per class, where a linear classifier cannot choose its penalty.
 */
import { at } from '../at.ts';

export const NEIGHBOURS = 20;
export const TEMPERATURE = 0.07;

export interface Neighbourhood {
  readonly neighbours: number;
  readonly temperature: number;
  /** [known]: the class of each known image. */
  readonly labels: ArrayLike<number>;
  readonly classes: number;
}

/** @param features [rows, dimension]; each row of the result is a unit vector, except that zeros stay zeros */
export function normalisedRows(features: Float32Array, dimension: number): Float32Array {
  const lengths = new Float64Array(features.length / dimension);
  features.forEach((value, index) => {
    const row = Math.floor(index / dimension);
    lengths[row] = at(lengths, row) + value * value;
  });
  return features.map((value, index) => value / (Math.sqrt(at(lengths, Math.floor(index / dimension))) || 1));
}

/**
 * @param similarities [rows, known]
 * @returns [rows, classes], each row summing to 1. Ties go to the first.
 */
export function nearestVotes(similarities: Float32Array, neighbourhood: Neighbourhood): Float32Array {
  const { labels, classes } = neighbourhood;
  const known = labels.length;
  const rows = similarities.length / known;
  const votes = new Float32Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    votes.set(votesOf(similarities.subarray(row * known, (row + 1) * known), neighbourhood), row * classes);
  }
  return votes;
}

/** The budget of multiplications for evaluating the neighbours: a second or two. */
const MOST_PRODUCTS = 5e8;

/**
 * The accuracy of the neighbours, leaving each image out in turn (of many images, an evenly spaced sample).
 * @param features unit vectors
 */
export function leftOutTop1(features: Float32Array, dimension: number, neighbourhood: Neighbourhood): number {
  const { labels } = neighbourhood;
  const known = labels.length;
  const step = Math.ceil((known * known * dimension) / MOST_PRODUCTS);
  const similarities = new Float32Array(known);
  let [asked, right] = [0, 0];
  for (let row = 0; row < known; row += step) {
    const own = features.subarray(row * dimension, (row + 1) * dimension);
    for (let other = 0; other < known; other++) {
      let product = 0;
      const first = other * dimension;
      for (let place = 0; place < dimension; place++) product += at(own, place) * at(features, first + place);
      similarities[other] = other === row ? Number.NEGATIVE_INFINITY : product;
    }
    const votes = votesOf(similarities, neighbourhood);
    right += Number(votes.indexOf(Math.max(...votes)) === at(labels, row));
    asked++;
  }
  return right / asked;
}

function votesOf(
  similarities: Float32Array,
  { neighbours, temperature, labels, classes }: Neighbourhood,
): Float32Array {
  const nearest = largest(similarities, neighbours);
  const most = at(similarities, at(nearest, 0));
  const votes = new Float32Array(classes);
  let total = 0;
  for (const index of nearest) {
    // Relative to the nearest: exponentials cannot overflow, and the shares are the same.
    const vote = Math.exp((at(similarities, index) - most) / temperature);
    const label = at(labels, index);
    votes[label] = at(votes, label) + vote;
    total += vote;
  }
  return votes.map((vote) => vote / total);
}

/** The indices of the `count` largest, in descending order. */
function largest(values: Float32Array, count: number): number[] {
  const places: number[] = [];
  for (let index = 0; index < values.length; index++) {
    const value = at(values, index);
    const last = places.at(-1);
    if (places.length === count && last !== undefined && value <= at(values, last)) continue;
    let place = places.length;
    while (place > 0 && at(values, at(places, place - 1)) < value) place--;
    places.splice(place, 0, index);
    if (places.length > count) places.pop();
  }
  return places;
}
