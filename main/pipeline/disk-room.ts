/** Refuses a run before it starts if the disk has no room for it. */
import { bytesText } from '../amounts.ts';
import type { Project } from '../catalogue/project.ts';
import { DiskFull } from '../system-failure.ts';
import type { Estimate } from './estimate.ts';

/** Throws `DiskFull`. */
export function requireRoom(
  { directory }: Project,
  { diskBytes, freeDiskBytes }: Pick<Estimate, 'diskBytes' | 'freeDiskBytes'>,
): void {
  if (diskBytes <= freeDiskBytes) return;
  throw new DiskFull(
    `The disk has too little room: this run needs about ${bytesText(diskBytes)} in ${directory} and ${bytesText(freeDiskBytes)} are free; free some space or choose smaller images or networks, and run the same command again.`,
  );
}
