/**
 * Endpoints and regions of the user's buckets, kept in the settings folder: for a storage that is not Amazon's, the
 * endpoint is given once (`--endpoint`), and every later command, the workbench and its threads find it. Credentials
 * are never stored here; they come from the environment.
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

/** Undefined if none was saved: the environment then decides. */
export async function placeOfBucket(bucket: string): Promise<BucketPlace | undefined> {
  const known = await readKeptList(listPath(), z.array(storageSchema));
  return known.find((one) => one.bucket === bucket);
}

/**
 * Remembers the place from now on, for this user on this machine. Throws `WrongUsage` if the endpoint is not a valid
 * address.
 */
export async function keepPlaceOfBucket(place: BucketPlace): Promise<void> {
  const { endpoint } = place;
  if (endpoint !== undefined && !/^https?:$/.test(protocolOf(endpoint) ?? '')) {
    throw new WrongUsage(`“${endpoint}” is not the address of a storage: write https://HOST or http://HOST:PORT.`);
  }
  const known = await readKeptList(listPath(), z.array(storageSchema));
  await writeKeptList(listPath(), [...known.filter(({ bucket }) => bucket !== place.bucket), place]);
}

function protocolOf(address: string): string | undefined {
  return URL.canParse(address) ? new URL(address).protocol : undefined;
}
