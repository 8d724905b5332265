/** Where the object storage of an address answers, as a person says it once for a bucket. */
import { keepPlaceOfBucket } from '../bucket-places.ts';
import { WrongUsage } from '../failure.ts';
import { isObjectAddress, objectAddress } from '../object-address.ts';
import { forgetStorage } from './object-storage.ts';

export interface StoragePlace {
  /** Of storage that is not Amazon's: https://HOST or http://HOST:PORT. */
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
}

/** Remembers what is given of it. Throws `WrongUsage` for anything but an address in object storage. */
export async function keepStorage(place: string, { endpoint, region }: StoragePlace): Promise<void> {
  if (endpoint === undefined && region === undefined) return;
  if (!isObjectAddress(place)) {
    throw new WrongUsage(`An endpoint and a region are for s3://bucket/prefix, not for ${place}.`);
  }
  const { bucket } = objectAddress(place);
  await keepPlaceOfBucket({ bucket, ...(endpoint && { endpoint }), ...(region && { region }) });
  forgetStorage(bucket);
}
