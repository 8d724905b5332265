/** What a person should know of labelled images that a training parted off: they were there to train on, and judge now. */
import type { Database } from './database.ts';

/** A sentence; none while nothing was set aside. */
export async function setAsideNote(database: Database): Promise<string[]> {
  const images = await database.number(
    `SELECT count(*) FROM usable_images JOIN sources ON sources.id = source_id
     WHERE usable_images.kind = 'labelled' AND usable_images.split <> 'train' AND coalesce(sources.split, 'train') = 'train'`,
  );
  if (images === 0) return [];
  const many = images === 1 ? '1 labelled image was' : `${images.toLocaleString('en')} labelled images were`;
  return [`${many} set aside when the first training began, to judge the models by: they count as held out.`];
}
