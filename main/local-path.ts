/** Paths as people give them: of this machine. An address (s3://, https://, smb://) is none, and would become a folder's name. */
import { fileURLToPath } from 'node:url';
import { WrongUsage } from './failure.ts';
import { visible } from './visible.ts';

export class NotOfThisMachine extends WrongUsage {}

/** Two letters at least: `C:\` is a disk. */
const ADDRESS = /^([a-z][a-z0-9+.-]+):\/\//i;

/** The path as it was given; that of a file:// address. Throws `NotOfThisMachine` for every other address. */
export function localPath(given: string, wanted: 'folder' | 'file' = 'folder'): string {
  const scheme = ADDRESS.exec(given)?.[1]?.toLowerCase();
  if (scheme === undefined) return given;
  const path = scheme === 'file' ? fromFileAddress(given) : undefined;
  if (path !== undefined) return path;
  throw new NotOfThisMachine(
    `${visible(given)} is an address, and a ${wanted} of this machine is wanted: copy or mount what is there, and give its path.`,
  );
}

/** Undefined for one of another machine, or that is none. */
function fromFileAddress(given: string): string | undefined {
  try {
    return fileURLToPath(given);
  } catch {
    return undefined;
  }
}
