/** What changed above a class's line between two teachers. */
import type { RankChanges } from './contract/ranks.ts';
import { placesAbove } from './k-line.ts';
import type { ClassLine } from './ranks-state.ts';
import type { Page } from './services.ts';

type Change = RankChanges['items'][number];

/** Entered ones first, then those that left, then those that moved most. */
export function rankChanges(before: ClassLine, after: ClassLine, { offset, limit }: Page): RankChanges {
  const [ranksBefore, ranksAfter] = [ranksOf(before), ranksOf(after)];
  const [keptBefore, keptAfter] = [aboveLine(before), aboveLine(after)];
  const item = (imageId: number, change: Change['change']): Change => ({
    imageId,
    before: ranksBefore.get(imageId) ?? null,
    after: ranksAfter.get(imageId) ?? null,
    change,
  });
  const entered = [...keptAfter].filter((id) => !keptBefore.has(id)).map((id) => item(id, 'entered'));
  const left = [...keptBefore].filter((id) => !keptAfter.has(id)).map((id) => item(id, 'left'));
  const stayed = [...keptAfter].filter((id) => keptBefore.has(id)).map((id) => item(id, 'moved'));
  const distance = (change: Change) => Math.abs((change.before ?? 0) - (change.after ?? 0));
  const moved = stayed.filter((change) => distance(change) > 0).sort((a, b) => distance(b) - distance(a));
  return {
    entered: entered.length,
    left: left.length,
    stayed: stayed.length,
    items: [...entered, ...left, ...moved].slice(offset, offset + limit),
  };
}

function ranksOf({ standing }: ClassLine): Map<number, number> {
  return new Map(Array.from(standing.ranking.imageIds, (imageId, place) => [imageId, place + 1]));
}

function aboveLine({ standing, cut, seed }: ClassLine): Set<number> {
  return new Set(placesAbove(standing, cut, seed).map((place) => standing.ranking.imageIds[place] ?? 0));
}
