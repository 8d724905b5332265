/** What images lie in, and whether it answers: a source's folder, or its one archive. */
import { access, constants, opendir } from 'node:fs/promises';
import { isObjectAddress } from '../object-address.ts';
import { archiveKindOf } from './archive-kind.ts';
import { whyObjectsAreAway } from './object-storage.ts';

export interface Place {
  /** Tells it from other places. */
  readonly name: string;
  /** What a sentence about it begins with. */
  readonly title: string;
  /** Undefined when it is there; otherwise the end of a sentence that begins with it. */
  whyAway(): Promise<string | undefined>;
}

/** Where a disk or a share was taken away, its folder is gone, or there and empty. */
export function folderPlace(folder: string): Place {
  return { name: folder, title: `The folder ${folder}`, whyAway: () => whyFolderIsAway(folder) };
}

/** What a source takes its images from: a folder, an object storage, or an archive, which is known by its name also while it is away. */
export function sourcePlace(path: string): Place {
  if (isObjectAddress(path))
    return { name: path, title: `The object storage ${path}`, whyAway: async () => await whyObjectsAreAway(path) };
  return archiveKindOf(path) === undefined
    ? folderPlace(path)
    : { name: path, title: `The archive ${path}`, whyAway: async () => await whyArchiveIsAway(path) };
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
    return whyOf(error);
  }
}

/** A folder may have an archive's name. */
async function whyArchiveIsAway(path: string): Promise<string | undefined> {
  try {
    await (await opendir(path)).close();
    return await whyFolderIsAway(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOTDIR')) return whyOf(error);
  }
  return await access(path, constants.R_OK).then(() => undefined, whyOf);
}

function whyOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
  return WORDS.get(code) ?? `does not answer (${code})`;
}
