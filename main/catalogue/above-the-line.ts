/**
 * Which rows of each class's ranking a selection takes, by score or at random. Classes are read one after another, so
 * that memory holds one class and the rows taken from it. Without balancing there is one cut-off across all classes,
 * found by counting the rows under each key: first by the upper half of its bits, then by the lower.
 */
import { at } from '../at.ts';
import { IdSet } from '../id-set.ts';
import { mix32 } from '../random.ts';
import { poolOf } from './pool.ts';
import { descendingKeys, type RankedRows, RankScratch } from './rank-file.ts';
import type { ScoreStore } from './score-store.ts';
import type { CandidateQuery, Floors, SelectionQuery } from './selection.ts';

export interface AboveTheLine {
  readonly classId: number;
  /** Number of rows that no exclusion applies to: those counted towards the line. */
  readonly candidates: number;
  readonly taken: Rows;
}

export type Rows = Pick<RankedRows, 'imageIds' | 'scores'>;

/** Class by class, in order of class id, also those with pins alone. Rows are valid until the next
 * class is asked for. Throws `StoredDataDamaged`. */
export async function* aboveTheLine(scores: ScoreStore, query: SelectionQuery): AsyncGenerator<AboveTheLine, void> {
  const { k, order, seed } = query;
  const candidates = new Candidates(scores, query);
  const ranked = (query.given ?? (await scores.rankedClasses(query.runId))).keys();
  const classIds = [...new Set([...ranked, ...(query.pins?.classIds ?? [])])].sort((a, b) => a - b);
  const line = query.balanced ? undefined : await lineThroughAll(candidates, classIds, query);
  for (const classId of classIds) {
    const rows = await candidates.of(classId);
    const count = rows.imageIds.length;
    const taken =
      line === undefined && order === 'ranked'
        ? { imageIds: rows.imageIds.subarray(0, k), scores: rows.scores.subarray(0, k) }
        : where(rows, line?.of(rows) ?? smallest(randomKeys(rows, seed), Math.min(k, count)));
    yield { classId, candidates: count, taken };
  }
}

/** The rows of a class that no exclusion applies to, best first; valid until the next class is asked for. */
class Candidates {
  readonly #scores: ScoreStore;
  readonly #query: CandidateQuery;
  readonly #excluded: IdSet | undefined;
  readonly #vetoed = new Map<number, IdSet>();
  readonly #scratch = new RankScratch();

  constructor(scores: ScoreStore, query: CandidateQuery) {
    this.#scores = scores;
    this.#query = query;
    this.#excluded = query.excludedImages.length > 0 ? new IdSet(query.excludedImages) : undefined;
    const { imageIds, classIds } = query.vetoes ?? { imageIds: [], classIds: [] };
    for (const [place, imageId] of imageIds.entries()) {
      const classId = at(classIds, place);
      const known = this.#vetoed.get(classId) ?? new IdSet();
      known.add(imageId);
      this.#vetoed.set(classId, known);
    }
  }

  async of(classId: number): Promise<Rows> {
    const { runId, balanced, topP, share = 1, seed, floors, given } = this.#query;
    const mayBe = share < 1 ? poolOf(share, seed) : undefined;
    const { imageIds, scores, places } = given
      ? unscored(given.get(classId))
      : await this.#scores.ranking(runId, classId, this.#scratch);
    const lastPlace = balanced ? topP : 1;
    const [excluded, vetoed] = [this.#excluded, this.#vetoed.get(classId)];
    let count = 0;
    for (let row = 0; row < imageIds.length; row++) {
      const imageId = imageIds[row] as number;
      if ((places[row] as number) > lastPlace || excluded?.has(imageId) || vetoed?.has(imageId)) continue;
      if (mayBe?.(imageId) === false) continue;
      imageIds[count] = imageId;
      scores[count++] = scores[row] as number;
    }
    const pure = floors === undefined ? count : aboveFloor(scores.subarray(0, count), classId, floors);
    return { imageIds: imageIds.subarray(0, pure), scores: scores.subarray(0, pure) };
  }
}

/** Rows without a score, each with the class in first place. */
function unscored(imageIds: Int32Array = new Int32Array()): RankedRows {
  const { length } = imageIds;
  return { imageIds: imageIds.slice(), scores: new Float32Array(length), places: new Uint8Array(length).fill(1) };
}

/** How many of a class's candidates, best first, pass its floor. */
export function aboveFloor(scores: Float32Array, classId: number, { leastScores, atLeast }: Floors): number {
  const least = leastScores.get(classId);
  if (least === undefined) return scores.length;
  let count = Math.min(atLeast, scores.length);
  while (count < scores.length && (scores[count] as number) >= least) count++;
  return count;
}

/** The scores of each class's candidates, best first, class by class. Throws `StoredDataDamaged`. */
export async function* candidateScores(
  scores: ScoreStore,
  query: CandidateQuery,
): AsyncGenerator<{ readonly classId: number; readonly scores: Float32Array }, void> {
  const candidates = new Candidates(scores, query);
  for (const classId of (await scores.rankedClasses(query.runId)).keys()) {
    yield { classId, scores: (await candidates.of(classId)).scores };
  }
}

/** For each row, 1 if it is above the line. */
type Above = Uint8Array;

interface Line {
  of(rows: Rows): Above;
}

const [HALF_BITS, HALF] = [16, 2 ** 16];

/** Finds the K·C best rows over all classes; ties go to the lower image id, then to the first class. */
async function lineThroughAll(
  candidates: Candidates,
  classIds: readonly number[],
  { k, classIds: wanted, order, seed }: SelectionQuery,
): Promise<Line> {
  const keysOf = (rows: Rows) => (order === 'ranked' ? descendingKeys(rows.scores) : randomKeys(rows, seed));
  const each = async (take: (keys: Uint32Array, rows: Rows) => void) => {
    for (const classId of classIds) {
      const rows = await candidates.of(classId);
      take(keysOf(rows), rows);
    }
  };
  const upper = new Float64Array(HALF);
  await each((keys) => {
    for (const key of keys) upper[key >>> HALF_BITS] = (upper[key >>> HALF_BITS] as number) + 1;
  });
  const first = placeOf(upper, k * wanted.length);
  if (!first) return { of: ({ imageIds }) => new Uint8Array(imageIds.length).fill(1) };
  const lower = new Float64Array(HALF);
  await each((keys) => {
    for (const key of keys) {
      if (key >>> HALF_BITS === first.bin) lower[key & (HALF - 1)] = (lower[key & (HALF - 1)] as number) + 1;
    }
  });
  const second = placeOf(lower, first.left);
  if (!second) throw new RangeError('the rows of a ranking changed while they were counted');
  const last = first.bin * HALF + second.bin;
  const equal: number[] = [];
  await each((keys, { imageIds }) => {
    for (let row = 0; row < keys.length; row++) if (keys[row] === last) equal.push(imageIds[row] as number);
  });
  const inOrder = Int32Array.from(equal).sort();
  const lastId = at(inOrder, second.left - 1);
  // An image may have equal scores for several classes: only this many rows of the last image are taken.
  let ofLast = second.left - inOrder.indexOf(lastId);
  return {
    of: (rows) => {
      const keys = keysOf(rows);
      const above = new Uint8Array(keys.length);
      for (let row = 0; row < keys.length; row++) {
        const [key, imageId] = [keys[row] as number, rows.imageIds[row] as number];
        if (key < last || (key === last && imageId < lastId)) above[row] = 1;
        else if (key === last && imageId === lastId && ofLast-- > 0) above[row] = 1;
      }
      return above;
    },
  };
}

/**
 * The bin that contains the `wanted`-th row, and how many of its rows are wanted; undefined if there are fewer rows in
 * all.
 */
function placeOf(bins: Float64Array, wanted: number): { readonly bin: number; readonly left: number } | undefined {
  let before = 0;
  for (let bin = 0; bin < bins.length; bin++) {
    const count = at(bins, bin);
    if (count > 0 && before + count >= wanted) return { bin, left: wanted - before };
    before += count;
  }
  return undefined;
}

/** Sort keys of images in the random order: no two images share a key. */
export function randomKeys({ imageIds }: Pick<Rows, 'imageIds'>, seed: number): Uint32Array {
  const keys = new Uint32Array(imageIds.length);
  const mixed = mix32(seed);
  for (let row = 0; row < keys.length; row++) keys[row] = mix32((imageIds[row] as number) ^ mixed);
  return keys;
}

/** Marks the `count` rows with the smallest keys. */
function smallest(keys: Uint32Array, count: number): Above {
  const above = new Uint8Array(keys.length);
  if (count === 0) return above;
  const last = at(keys.toSorted(), count - 1);
  for (let row = 0; row < keys.length; row++) above[row] = Number((keys[row] as number) <= last);
  return above;
}

function where({ imageIds, scores }: Rows, above: Above): Rows {
  const count = above.reduce((sum, one) => sum + one, 0);
  const taken = { imageIds: new Int32Array(count), scores: new Float32Array(count) };
  let next = 0;
  for (let row = 0; row < above.length; row++) {
    if (above[row] === 0) continue;
    taken.imageIds[next] = imageIds[row] as number;
    taken.scores[next++] = scores[row] as number;
  }
  return taken;
}
