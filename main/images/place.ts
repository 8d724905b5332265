/** What images lie in, and whether it answers: a source's folder today. */
import { opendir } from 'node:fs/promises';

export interface Place {
  /** What a person knows it by. */
  readonly name: string;
  /** Undefined when it is there; otherwise the end of a sentence that begins with it. */
  whyAway(): Promise<string | undefined>;
}

/** Where a disk or a share was taken away, its folder is gone, or there and empty. */
export function folderPlace(folder: string): Place {
  return { name: folder, whyAway: () => whyFolderIsAway(folder) };
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'is not there'],
  ['ENOTDIR', 'is not there'],
  ['EACCES', 'may not be read'],
  ['EPERM', 'may not be read'],
]);

async function whyFolderIsAway(folder: string): Promise<string | undefined> {
  try {
    const entries = await opendir(folder);
    try {
      return (await entries.read()) === null ? 'is not there (an empty one is in its place)' : undefined;
    } finally {
      await entries.close();
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
    return WORDS.get(code) ?? `does not answer (${code})`;
  }
}
