/** The options of commands that take an address in object storage. */
import { type Command, Option } from 'commander';
import { keepPlaceOfBucket } from '../bucket-places.ts';
import { WrongUsage } from '../failure.ts';
import { forgetStorage } from '../images/object-storage.ts';
import { isObjectAddress, objectAddress } from '../object-address.ts';

export interface StorageOptions {
  readonly endpoint?: string;
  readonly region?: string;
}

export function withStorageOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--endpoint <url>',
        'for s3://…: the address of storage that is not Amazon’s; remembered for the bucket',
      ),
    )
    .addOption(new Option('--region <name>', 'for s3://…: its region; remembered for the bucket'));
}

/** Throws `WrongUsage` if they are given for anything else. */
export async function keepStorage(place: string, { endpoint, region }: StorageOptions): Promise<void> {
  if (endpoint === undefined && region === undefined) return;
  if (!isObjectAddress(place)) {
    throw new WrongUsage(`--endpoint and --region are for s3://bucket/prefix, not for ${place}.`);
  }
  const { bucket } = objectAddress(place);
  await keepPlaceOfBucket({ bucket, ...(endpoint && { endpoint }), ...(region && { region }) });
  forgetStorage(bucket);
}
