/** What changed above a class's line between two teachers. */
import { at } from '../../at.ts';
import type { RankChange, RankChanges } from '../contract/ranks.ts';
import type { Page } from '../services.ts';
import { rankOfImage } from './class-ranking.ts';
import { placesAbove } from './k-line.ts';
import type { ClassLine } from './ranks-state.ts';

type Change = RankChanges['items'][number];

/**
 * First those that entered, then those that left, then those that stayed but moved; within each, the largest movements first.
 */
export function rankChanges(
  before: ClassLine,
  after: ClassLine,
  { offset, limit }: Page,
  only?: RankChange,
): RankChanges {
  const [keptBefore, keptAfter] = [aboveLine(before), aboveLine(after)];
  const item = (imageId: number, change: RankChange): Change => ({
    imageId,
    before: rankOfImage(before.standing.ranking, imageId),
    after: rankOfImage(after.standing.ranking, imageId),
    change,
  });
  const entered = [...keptAfter].filter((id) => !keptBefore.has(id)).map((id) => item(id, 'entered'));
  const left = [...keptBefore].filter((id) => !keptAfter.has(id)).map((id) => item(id, 'left'));
  const stayed = [...keptAfter].filter((id) => keptBefore.has(id)).map((id) => item(id, 'moved'));
  const moved = stayed.filter((change) => movement(change) > 0);
  const shown = [entered, left, moved].map((changes) => changes.sort((a, b) => descending(movement(a), movement(b))));
  return {
    entered: entered.length,
    left: left.length,
    stayed: stayed.length,
    items: shown
      .flat()
      .filter(({ change }) => only === undefined || change === only)
      .slice(offset, offset + limit),
  };
}

/** An image that one of the two did not rank counts as moved further than any other. */
function movement({ before, after }: Change): number {
  return before === null || after === null ? Number.POSITIVE_INFINITY : Math.abs(before - after);
}

function descending(a: number, b: number): number {
  return a === b ? 0 : b > a ? 1 : -1;
}

function aboveLine({ standing, cut, seed }: ClassLine): Set<number> {
  return new Set(placesAbove(standing, cut, seed).map((place) => at(standing.ranking.imageIds, place)));
}
