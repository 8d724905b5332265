/** `label DIR --partition i/n`: one of n commands that label a collection in parallel, each a share of its partitions. */
import { InvalidArgumentError, Option } from 'commander';
import { openProject } from '../../catalogue/project.ts';
import { WrongUsage } from '../../failure.ts';
import { fleetAddress } from '../../jobs/fleet-address.ts';
import { labelShare, type Share } from '../../pipeline/label-share.ts';
import type { Progress, Terminal } from '../terminal.ts';
import type { RunOptions } from './run.ts';

export function partitionOption(): Option {
  return new Option(
    '--partition <i/n>',
    'label only the i-th of n shares, counted from 0, in parallel with the others (docs/fleet.md); a plain label then finishes',
  ).argParser(shareOf);
}

export function fleetOption(): Option {
  return new Option(
    '--fleet <redis>',
    'have the workers of this Redis server label, such as redis://192.168.0.10:6379 (understudy worker, docs/fleet.md)',
  ).argParser(fleetAddress);
}

export function workersDecodeOption(): Option {
  return new Option(
    '--workers-decode',
    'with --fleet: decode nothing here first; workers read the images that the pixel cache lacks',
  );
}

function shareOf(text: string): Share {
  const [, index = '', of = ''] = /^(\d{1,7})\/(\d{1,7})$/.exec(text) ?? [];
  const share = { index: Number(index), of: Number(of) };
  if (of !== '' && share.index < share.of) return share;
  throw new InvalidArgumentError('It must be i/n with i from 0 to n − 1, such as 0/16 for the first of sixteen.');
}

export async function labelPartitions(
  directory: string,
  { effort, estimate, fleet, ...options }: RunOptions,
  share: Share,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<void> {
  if (effort !== undefined)
    throw new WrongUsage('--effort measures each machine again: give all shares the same --recipe.');
  if (estimate) throw new WrongUsage('--estimate is for the whole labelling: leave out --partition.');
  if (fleet) throw new WrongUsage('--partition and --fleet do the same in two ways: give only one of them.');
  const project = await openProject(directory, { besideOthers: true, signal });
  let bar: Progress | undefined;
  try {
    const name = `${share.index}/${share.of}`;
    const done = await labelShare(project, options, share, {
      signal,
      began: ({ runId, partitions, all }) => {
        terminal.event({ event: 'shareStarted', runId, share: name, partitions: all, open: partitions.length });
        terminal.note(`Share ${name} of ${runId}: ${counted(all)}, ${partitions.length} of them still to be labelled.`);
      },
      progress: (images, total) => {
        bar ??= terminal.progress(`Share ${name}`, total, 'images');
        bar.update(images);
      },
      noted: (message) => {
        terminal.event({ event: 'noted', message });
        terminal.note(message);
      },
      wrote: (written) => terminal.event({ event: 'partitionLabelled', ...written }),
    });
    terminal.event({ event: 'shareFinished', share: name, ...done });
    const rest = `When all shares have ended, “understudy label ${directory}” takes them over and ranks them.`;
    terminal.print(`Share ${name} is done: ${counted(done.partitions)}, ${done.images} images labelled now. ${rest}`);
  } finally {
    bar?.end();
    await project.close();
  }
}

function counted(partitions: number): string {
  return partitions === 1 ? '1 partition' : `${partitions} partitions`;
}
