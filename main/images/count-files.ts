/** How many files a scan of a folder will come to: names alone, much faster than looking at each. Nobody counts what is in archives. */
import { placePath } from '../object-address.ts';
import { Patience } from './patience.ts';
import { requireSource } from './scan.ts';
import { walkFolder } from './walk-folder.ts';

/** Null when it was stopped, or the folder cannot be read: the scan says why. */
export async function countFiles(folder: string, signal: AbortSignal): Promise<number | null> {
  let files = 0;
  try {
    const path = placePath(folder);
    if (await requireSource(path)) return null;
    for await (const { kind } of walkFolder(path, new Patience())) {
      if (signal.aborted || kind === 'archive') return null;
      files += Number(kind === 'file' || kind === 'problem');
    }
    return files;
  } catch {
    return null;
  }
}
