/**
 * Notes for the user about labelled images that a training held out: they were given for training, and are now used for
 * evaluation.
 */
import type { Database } from './database.ts';

/** One sentence; empty if nothing was set aside. */
export async function setAsideNote(database: Database): Promise<string[]> {
  const images = await database.number(
    `SELECT count(*) FROM usable_images JOIN sources ON sources.id = source_id
     WHERE usable_images.kind = 'labelled' AND usable_images.split <> 'train' AND coalesce(sources.split, 'train') = 'train'`,
  );
  if (images === 0) return [];
  const many = images === 1 ? '1 labelled image was' : `${images.toLocaleString('en')} labelled images were`;
  return [`${many} set aside when the first training began, to judge the models by: they count as held out.`];
}
