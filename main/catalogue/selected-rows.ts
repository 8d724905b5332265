/**
 * The rows of a selection in their final order, class by class: those above the line, and the user's pins among them.
 * One class is held at a time.
 */
import { at } from '../at.ts';
import { IdSet } from '../id-set.ts';
import { aboveTheLine, type Rows, randomKeys } from './above-the-line.ts';
import { descendingKeys, inOrder } from './rank-file.ts';
import type { ScoreStore } from './score-store.ts';
import type { SelectionQuery } from './selection.ts';

export interface SelectedClass extends Rows {
  readonly classId: number;
  /** Number of rows that no exclusion applies to. */
  readonly candidates: number;
}

/** In order of class id. Throws `StoredDataDamaged`. */
export async function* selectedRows(scores: ScoreStore, query: SelectionQuery): AsyncGenerator<SelectedClass, void> {
  const { runId, order, seed } = query;
  const pinned = pinsByClass(query);
  for await (const { classId, candidates, taken } of aboveTheLine(scores, query)) {
    const pins = pinned.get(classId);
    const rows = pins ? joined(taken, await pinnedBeside(taken, pins, () => scores.ranking(runId, classId))) : taken;
    if (order === 'ranked' && !pins) yield { classId, candidates, ...rows };
    else {
      const keys = order === 'ranked' ? descendingKeys(rows.scores) : randomKeys(rows, seed);
      yield { classId, candidates, ...picked(rows, inOrder(rows.imageIds, keys)) };
    }
  }
}

function pinsByClass({ pins }: SelectionQuery): ReadonlyMap<number, number[]> {
  const byClass = new Map<number, number[]>();
  for (const [place, imageId] of (pins?.imageIds ?? []).entries()) {
    const classId = at(pins?.classIds ?? [], place);
    const known = byClass.get(classId);
    if (known) known.push(imageId);
    else byClass.set(classId, [imageId]);
  }
  return byClass;
}

/** The pinned images that are not taken anyway; one that did not shortlist the class has the score 0. */
async function pinnedBeside(taken: Rows, pins: readonly number[], ranking: () => Promise<Rows>): Promise<Rows> {
  const known = new IdSet(taken.imageIds);
  const scoreOf = new Map(pins.filter((imageId) => !known.has(imageId)).map((imageId) => [imageId, 0]));
  if (scoreOf.size === 0) return { imageIds: new Int32Array(), scores: new Float32Array() };
  const { imageIds, scores } = await ranking();
  for (let row = 0; row < imageIds.length; row++) {
    const imageId = imageIds[row] as number;
    if (scoreOf.has(imageId)) scoreOf.set(imageId, scores[row] as number);
  }
  return { imageIds: Int32Array.from(scoreOf.keys()), scores: Float32Array.from(scoreOf.values()) };
}

function joined(first: Rows, second: Rows): Rows {
  const rows = first.imageIds.length + second.imageIds.length;
  const both = { imageIds: new Int32Array(rows), scores: new Float32Array(rows) };
  both.imageIds.set(first.imageIds);
  both.imageIds.set(second.imageIds, first.imageIds.length);
  both.scores.set(first.scores);
  both.scores.set(second.scores, first.scores.length);
  return both;
}

function picked({ imageIds, scores }: Rows, order: Uint32Array): Rows {
  const rows = { imageIds: new Int32Array(order.length), scores: new Float32Array(order.length) };
  for (let row = 0; row < order.length; row++) {
    const from = order[row] as number;
    rows.imageIds[row] = imageIds[from] as number;
    rows.scores[row] = scores[from] as number;
  }
  return rows;
}
