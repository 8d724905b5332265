/** The selection in a grid of matching images: ranges of indices, or all that match, which is a query and not a list. */
import type { DecisionTarget, ImageQuery } from '../../../main/api/contract.ts';
import {
  choose,
  chosenCount as countOf,
  FIRST_CHOSEN,
  isChosen,
  type RankSelection,
} from '../../acts/rank-selection.ts';
import { api, read } from '../../client.ts';
import { imageQueryText } from '../../queries/collection-queries.ts';

export type Chosen = { readonly kind: 'all' } | { readonly kind: 'places'; readonly places: RankSelection };

export const ALL_MATCHING: Chosen = { kind: 'all' };
export const ONE_CHOSEN: Chosen = { kind: 'places', places: FIRST_CHOSEN };
const MOST_ROWS = 1000;

export function isChosenImage(chosen: Chosen, index: number): boolean {
  return chosen.kind === 'all' || isChosen(chosen.places, index);
}

export function chosenCount(chosen: Chosen, total: number): number {
  return chosen.kind === 'all' ? total : countOf(chosen.places);
}

/** After “all that match”, a click starts a new selection. */
export function chosenWith(chosen: Chosen, index: number, mode: 'only' | 'toggle' | 'range'): Chosen {
  const before = chosen.kind === 'all' ? FIRST_CHOSEN : chosen.places;
  return { kind: 'places', places: choose(before, index, chosen.kind === 'all' ? 'only' : mode) };
}

export interface SeenImage {
  readonly imageId: number;
}

/**
 * The selected images as the person saw them: those that `itemAt` knows, at once; for others the query's order decides, which
 * takes a request.
 */
export function targetOf(
  projectId: string,
  query: ImageQuery,
  chosen: Chosen,
  itemAt: (index: number) => SeenImage | undefined,
): DecisionTarget | Promise<DecisionTarget> {
  if (chosen.kind === 'all') return { kind: 'matching', query };
  const { ranges } = chosen.places;
  const seen: number[] = [];
  for (const { first, last } of ranges) {
    for (let index = first; index <= last; index++) {
      const item = itemAt(index);
      if (!item) return askedFor(projectId, query, ranges);
      seen.push(item.imageId);
    }
  }
  return { kind: 'images', imageIds: seen };
}

async function askedFor(
  projectId: string,
  query: ImageQuery,
  ranges: RankSelection['ranges'],
): Promise<DecisionTarget> {
  const imageIds: number[] = [];
  for (const { first, last } of ranges) {
    for (let offset = first; offset <= last; offset += MOST_ROWS) {
      const limit = Math.min(MOST_ROWS, last - offset + 1);
      const { images } = await read(
        api.projects[':project'].images.$get({
          param: { project: projectId },
          query: { ...imageQueryText(query), offset: String(offset), limit: String(limit) },
        }),
      );
      imageIds.push(...images.map(({ imageId }) => imageId));
    }
  }
  return { kind: 'images', imageIds };
}
