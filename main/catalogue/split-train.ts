/** Holds labelled training images out for validation if a project has no validation images. */
import { at } from '../at.ts';
import { mix32 } from '../random.ts';
import type { LabelledIds } from './catalogue.ts';
import type { Database } from './database.ts';
import { pictureNumbers } from './same-pictures.ts';
import { unfoldedLabels } from './several-labelled.ts';

/** A share of each class, or a total number of images, spread over the classes in proportion to their sizes. */
export type HeldOutShare = { readonly fraction: number } | { readonly count: number };

/** Holds the chosen images out. */
export async function splitTrain(
  database: Database,
  labelled: LabelledIds,
  share: HeldOutShare,
  seed: number,
): Promise<void> {
  const pictures = await pictureNumbers(database);
  await database.withChosen(heldOutChoice(labelled, share, seed, pictures), async () => {
    await database.run("UPDATE images SET split = 'val' WHERE id IN (SELECT id FROM chosen)");
  });
}

/**
 * The choice depends on the seed and each image's own id, so that images added later do not change it; at least one
 * image per class stays in training. An image of several classes uses the same random number for each, so that the
 * number held out stays close to the share; if a class would have none left, one of its images stays. Copies of a
 * picture (`pictures` gives its number) share a random number, and are held out together or not at all.
 */
export function heldOutChoice(
  labelled: LabelledIds,
  share: HeldOutShare,
  seed: number,
  pictures: ReadonlyMap<number, number>,
): number[] {
  const { imageIds, classIds } = unfoldedLabels(labelled);
  const fraction = 'count' in share ? share.count / Math.max(1, labelled.imageIds.length) : share.fraction;
  const byClass = new Map<number, number[]>();
  imageIds.forEach((id, index) => {
    const classId = at(classIds, index);
    const ids = byClass.get(classId);
    if (ids) ids.push(id);
    else byClass.set(classId, [id]);
  });
  const key = mix32(seed);
  const drawn = (id: number) => mix32((pictures.get(id) ?? id) ^ key);
  const held: number[] = [];
  for (const ids of byClass.values()) {
    ids.sort((a, b) => drawn(a) - drawn(b));
    held.push(...ids.slice(0, Math.min(ids.length - 1, Math.round(ids.length * fraction))));
  }
  const chosen = new Set(held);
  if (labelled.further) leaveOneEach(byClass, chosen);
  const others = imageIds.filter((id) => pictures.has(id) && !chosen.has(id));
  const trained = new Set(Array.from(others, (id) => pictures.get(id)));
  return [...chosen].filter((id) => {
    const picture = pictures.get(id);
    return picture === undefined || !trained.has(picture);
  });
}

/**
 * An image held out for one class may have been the last of another: such a class keeps the one that would be held out
 * last.
 */
function leaveOneEach(byClass: ReadonlyMap<number, readonly number[]>, held: Set<number>): void {
  for (const ids of byClass.values()) {
    const last = ids.at(-1);
    if (last !== undefined && ids.every((id) => held.has(id))) held.delete(last);
  }
}
