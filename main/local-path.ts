/**
 * Paths given by the user, on this machine. An address (s3://, https://, smb://) is refused, since it would become the
 * name of a folder.
 */
import { fileURLToPath } from 'node:url';
import { WrongUsage } from './failure.ts';
import { visible } from './visible.ts';

export class NotOfThisMachine extends WrongUsage {}

/** At least two letters: `C:\` is a disk. */
const ADDRESS = /^([a-z][a-z0-9+.-]+):\/\//i;

/** The path as given, or the path of a file:// address. Throws `NotOfThisMachine` for every other address. */
export function localPath(given: string, wanted: 'folder' | 'file' = 'folder'): string {
  const scheme = ADDRESS.exec(given)?.[1]?.toLowerCase();
  if (scheme === undefined) return given;
  const path = scheme === 'file' ? fromFileAddress(given) : undefined;
  if (path !== undefined) return path;
  throw new NotOfThisMachine(
    `${visible(given)} is an address, but a ${wanted} on this machine is needed: copy or mount it here, and give its path.`,
  );
}

/** Undefined for an address on another machine, or one that is malformed. */
function fromFileAddress(given: string): string | undefined {
  try {
    return fileURLToPath(given);
  } catch {
    return undefined;
  }
}
