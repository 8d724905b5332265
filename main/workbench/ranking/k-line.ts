/**
 * The position of the K line in a ranking, and the images it keeps: the result of `selectTopK`, computed over typed arrays so
 * that a slider can be dragged. Vetoed, set-aside and hand-labelled images do not count; pinned ones are kept whatever their
 * rank.
 */
import { at } from '../../at.ts';
import { aboveFloor } from '../../catalogue/above-the-line.ts';
import type { Floors } from '../../catalogue/selection.ts';
import { mix32 } from '../../random.ts';
import type { SelectionSettings, SetAside } from '../contract/ranks.ts';
import type { ClassRanking } from './class-ranking.ts';

/** Decisions and findings about images, for lookups. */
export interface Standing {
  /** Image ids by class. */
  readonly vetoes: ReadonlyMap<number, ReadonlySet<number>>;
  readonly pins: ReadonlyMap<number, ReadonlySet<number>>;
  /** Pins of images that are unlabelled now: others cannot be selected. */
  readonly selectablePins: ReadonlyMap<number, ReadonlySet<number>>;
  /** The class that a person gave an image. */
  readonly labels: ReadonlyMap<number, number>;
  readonly setAside: { get(imageId: number): SetAside | undefined };
  /** Whether an image may be chosen at all, if the recipe uses a share of them. */
  mayBeChosen(imageId: number): boolean;
}

/** One class's ranking with the decisions about its images; independent of K. */
export interface StandingRanking {
  readonly ranking: ClassRanking;
  /** Indices in the ranking of the images that count for the line, in order. */
  readonly counting: Int32Array;
  /** Indices of those that are kept wherever the line is. */
  readonly pinned: ReadonlySet<number>;
  /** Pinned images that this teacher did not shortlist for the class. */
  readonly pinnedUnranked: number;
  readonly vetoed: number;
  readonly setAside: number;
}

/** The images above the line: those with an index up to `lastPlace`, or in random order with a key up to `lastKey`. */
export interface Cut {
  /** The index of the last image kept by score, −1 if there is none. */
  readonly lastPlace: number;
  readonly lastKey: number | null;
  /** How many images the line keeps, not counting pins below it. */
  readonly counted: number;
}

type Order = Pick<SelectionSettings, 'k' | 'order' | 'balanced'>;

/** Without balance, only an image's best class counts. */
export function standingRanking(ranking: ClassRanking, standing: Standing, balanced: boolean): StandingRanking {
  const { classId, imageIds, places } = ranking;
  const vetoes = standing.vetoes.get(classId);
  const pins = standing.selectablePins.get(classId);
  const pinned = new Set<number>();
  const pinnedIds = new Set<number>();
  const counting = new Int32Array(imageIds.length);
  const isLabelled = standing.labels.size > 0;
  let [count, vetoed, setAside] = [0, 0, 0];
  for (let place = 0; place < imageIds.length; place++) {
    const imageId = imageIds[place] as number;
    const aside = standing.setAside.get(imageId);
    const isVetoed = vetoes?.has(imageId) ?? false;
    vetoed += Number(isVetoed);
    setAside += Number(aside !== undefined);
    if (pins?.has(imageId)) {
      pinnedIds.add(imageId);
      if (aside !== 'leak') pinned.add(place);
    }
    if (isVetoed || aside !== undefined || (isLabelled && standing.labels.has(imageId))) continue;
    if (!standing.mayBeChosen(imageId)) continue;
    if (balanced || places[place] === 1) counting[count++] = place;
  }
  let pinnedUnranked = 0;
  for (const imageId of pins ?? []) {
    if (!pinnedIds.has(imageId) && standing.setAside.get(imageId) !== 'leak') pinnedUnranked++;
  }
  return { ranking, counting: counting.slice(0, count), pinned, pinnedUnranked, vetoed, setAside };
}

/** The part of the ranking that counts if the class ends at its precision floor. */
export function downToFloor(standing: StandingRanking, floors: Floors | undefined): StandingRanking {
  const { ranking, counting } = standing;
  if (!floors?.leastScores.has(ranking.classId)) return standing;
  const scores = Float32Array.from(counting, (place) => ranking.scores[place] as number);
  return { ...standing, counting: counting.subarray(0, aboveFloor(scores, ranking.classId, floors)) };
}

/** An image's key in the random order, identical to the one in the selection's SQL. */
export function randomKey(imageId: number, seed: number): number {
  return mix32(imageId ^ mix32(seed));
}

function keyAt({ imageIds }: ClassRanking, place: number, seed: number): number {
  return randomKey(at(imageIds, place), seed);
}

export function isKept({ ranking, pinned }: StandingRanking, cut: Cut, place: number, counts: boolean, seed: number) {
  if (pinned.has(place)) return true;
  if (!counts) return false;
  if (cut.lastKey === null) return place <= cut.lastPlace;
  return keyAt(ranking, place, seed) <= cut.lastKey;
}

/** How many images of a class are selected: those above the line, and pins that the line does not keep. */
export function keptCount(standing: StandingRanking, cut: Cut, seed: number): number {
  let beside = standing.pinnedUnranked;
  for (const place of standing.pinned) {
    if (!isKept({ ...standing, pinned: NONE }, cut, place, isCounting(standing, place), seed)) beside++;
  }
  return cut.counted + beside;
}

const NONE: ReadonlySet<number> = new Set();

/** Whether the image at this index counts for the line. */
export function isCounting({ counting }: StandingRanking, place: number): boolean {
  return counting[lowerBound(counting, place)] === place;
}

/** The indices of the images that count and are kept, in order. */
export function placesAbove({ ranking, counting }: StandingRanking, cut: Cut, seed: number): Int32Array {
  if (cut.lastKey === null) return counting.subarray(0, cut.counted);
  const { lastKey } = cut;
  return counting.filter((place) => keyAt(ranking, place, seed) <= lastKey);
}

/** Whether an image at this index would be above the line if no decision excluded it. */
export function isWithin({ ranking }: StandingRanking, cut: Cut, place: number, seed: number): boolean {
  if (place > cut.lastPlace) return false;
  return cut.lastKey === null || keyAt(ranking, place, seed) <= cut.lastKey;
}

/** One class's line when every class has its own K. */
export function balancedCut(standing: StandingRanking, { k, order }: Order, seed: number): Cut {
  const { counting } = standing;
  const counted = Math.min(k, counting.length);
  if (order === 'ranked') return cutAfter(standing, counted);
  const lastKey = counted === 0 ? -1 : at(sortedKeys([standing], seed), counted - 1);
  return cutAtKey(standing, lastKey, counted, seed);
}

/** The lines of all classes when the K·C best of any class are taken. */
export function unbalancedCuts(all: readonly StandingRanking[], { k, order }: Order, seed: number): readonly Cut[] {
  const wanted = k * all.length;
  if (order === 'random') {
    const keys = sortedKeys(all, seed);
    const taken = Math.min(wanted, keys.length);
    const last = taken === 0 ? -1 : at(keys, taken - 1);
    return all.map((standing) => cutAtKey(standing, last, countUpToKey(standing, last, seed), seed));
  }
  const scores = sortedScores(all);
  // Sorted ascending: finds the score of the last one taken, and how many with exactly that score are taken.
  const taken = Math.min(wanted, scores.length);
  const lowest = taken === 0 ? Number.POSITIVE_INFINITY : at(scores, scores.length - taken);
  const better = scores.length - upperBound(scores, lowest);
  const lastId = nthId(all, lowest, taken - better);
  return all.map((standing) => {
    const { ranking, counting } = standing;
    let counted = 0;
    // Scores fall along the ranking, and ids rise among equal scores.
    while (counted < counting.length) {
      const place = counting[counted] as number;
      const score = ranking.scores[place] as number;
      if (score < lowest || (score === lowest && (ranking.imageIds[place] as number) > lastId)) break;
      counted++;
    }
    return cutAfter(standing, counted);
  });
}

function cutAfter({ counting }: StandingRanking, counted: number): Cut {
  return { lastPlace: counted === 0 ? -1 : at(counting, counted - 1), lastKey: null, counted };
}

function cutAtKey({ ranking, counting }: StandingRanking, lastKey: number, counted: number, seed: number): Cut {
  let last = counting.length - 1;
  while (last >= 0 && keyAt(ranking, at(counting, last), seed) > lastKey) last--;
  return { lastPlace: last < 0 ? -1 : at(counting, last), lastKey, counted };
}

/** A slider asks repeatedly: sorted keys are kept as long as the rankings. */
const keysSorted = new WeakMap<StandingRanking, { readonly seed: number; readonly keys: Uint32Array }>();
const scoresSorted = new WeakMap<readonly StandingRanking[], Float32Array>();

function sortedKeys(all: readonly StandingRanking[], seed: number): Uint32Array {
  const [only] = all;
  const known = all.length === 1 && only ? keysSorted.get(only) : undefined;
  if (known?.seed === seed) return known.keys;
  const keys = sorted(Uint32Array, all, (ranking, place) => keyAt(ranking, place, seed));
  if (all.length === 1 && only) keysSorted.set(only, { seed, keys });
  return keys;
}

function sortedScores(all: readonly StandingRanking[]): Float32Array {
  const known = scoresSorted.get(all);
  if (known) return known;
  const scores = sorted(Float32Array, all, ({ scores: own }, place) => at(own, place));
  scoresSorted.set(all, scores);
  return scores;
}

function countUpToKey({ ranking, counting }: StandingRanking, lastKey: number, seed: number): number {
  let count = 0;
  for (const place of counting) count += Number(keyAt(ranking, place, seed) <= lastKey);
  return count;
}

function sorted<Values extends Float32Array | Uint32Array>(
  make: new (length: number) => Values,
  all: readonly StandingRanking[],
  value: (ranking: ClassRanking, place: number) => number,
): Values {
  const values = new make(all.reduce((sum, { counting }) => sum + counting.length, 0));
  let next = 0;
  for (const { ranking, counting } of all) for (const place of counting) values[next++] = value(ranking, place);
  values.sort();
  return values;
}

/** The n-th smallest id among images of exactly this score, counted from 1; −1 for n = 0. */
function nthId(all: readonly StandingRanking[], score: number, n: number): number {
  const ids: number[] = [];
  for (const { ranking, counting } of all) {
    for (const place of counting) {
      if ((ranking.scores[place] as number) < score) break;
      if (ranking.scores[place] === score) ids.push(ranking.imageIds[place] as number);
    }
  }
  return n === 0 ? -1 : at(Int32Array.from(ids).sort(), n - 1);
}

function lowerBound(values: Int32Array, wanted: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}

function upperBound(values: Float32Array, wanted: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
