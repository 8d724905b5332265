/** Holds labelled training images out for validation, where a project brought none. */
import { at } from '../at.ts';
import { mix32 } from '../random.ts';
import type { LabelledIds } from './catalogue.ts';
import type { Database } from './database.ts';

/** A share of each class, or a number of images in all, spread over the classes by their sizes. */
export type HeldOutShare = { readonly fraction: number } | { readonly count: number };

/** Holds the chosen ones out. */
export async function splitTrain(
  database: Database,
  labelled: LabelledIds,
  share: HeldOutShare,
  seed: number,
): Promise<void> {
  await database.withChosen(heldOutChoice(labelled, share, seed), async () => {
    await database.run("UPDATE images SET split = 'val' WHERE id IN (SELECT id FROM chosen)");
  });
}

/**
 * Which ones depends on the seed and each image's own id, so that adding images later moves none of the old; per class, at
 * least one image stays in training.
 */
export function heldOutChoice({ imageIds, classIds }: LabelledIds, share: HeldOutShare, seed: number): number[] {
  const fraction = 'count' in share ? share.count / Math.max(1, imageIds.length) : share.fraction;
  const byClass = new Map<number, number[]>();
  imageIds.forEach((id, index) => {
    const classId = at(classIds, index);
    const ids = byClass.get(classId);
    if (ids) ids.push(id);
    else byClass.set(classId, [id]);
  });
  const key = mix32(seed);
  const held: number[] = [];
  for (const ids of byClass.values()) {
    ids.sort((a, b) => mix32(a ^ key) - mix32(b ^ key));
    held.push(...ids.slice(0, Math.min(ids.length - 1, Math.round(ids.length * fraction))));
  }
  return held;
}
