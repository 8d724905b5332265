/** The options of commands that take an address in object storage. */
import { type Command, Option } from 'commander';

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
