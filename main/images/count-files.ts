/**
 * The number of files that a scan of a folder will find: reads names only, which is much faster than inspecting each
 * file. Archives are not opened.
 */
import { placePath } from '../object-address.ts';
import { Patience } from './patience.ts';
import { requireSource } from './scan.ts';
import { walkFolder } from './walk-folder.ts';

/** Null if it was stopped, or if the folder cannot be read: the scan reports why. */
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
