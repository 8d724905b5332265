/**
 * Where a person's buckets are, kept in the settings folder: a storage that is not Amazon's is said once (`--endpoint`), and
 * every later command, the workbench and its threads find it. Who asks is never kept here: that is the environment's.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { WrongUsage } from './failure.ts';
import { readKeptList, writeKeptList } from './kept-list.ts';
import { settingsFolder } from './settings-folder.ts';

const storageSchema = z.object({
  bucket: z.string(),
  endpoint: z.string().optional(),
  region: z.string().optional(),
});
export type BucketPlace = Readonly<z.infer<typeof storageSchema>>;

const listPath = () => join(settingsFolder(), 'object-storages.json');

/** Undefined where nobody said it: the environment does. */
export async function placeOfBucket(bucket: string): Promise<BucketPlace | undefined> {
  const known = await readKeptList(listPath(), z.array(storageSchema));
  return known.find((one) => one.bucket === bucket);
}

/** From now on, for this person on this machine. Throws `WrongUsage` for what is no address. */
export async function keepPlaceOfBucket(place: BucketPlace): Promise<void> {
  const { endpoint } = place;
  if (endpoint !== undefined && !/^https?:$/.test(protocolOf(endpoint) ?? '')) {
    throw new WrongUsage(`“${endpoint}” is no address of a storage: write https://HOST or http://HOST:PORT.`);
  }
  const known = await readKeptList(listPath(), z.array(storageSchema));
  await writeKeptList(listPath(), [...known.filter(({ bucket }) => bucket !== place.bucket), place]);
}

function protocolOf(address: string): string | undefined {
  return URL.canParse(address) ? new URL(address).protocol : undefined;
}
