/** What contains images, and whether it responds: a source's folder, or its single archive. */
import { access, constants, opendir } from 'node:fs/promises';
import { isObjectAddress } from '../object-address.ts';
import { archiveKindOf } from './archive-kind.ts';
import { whyObjectsAreAway } from './object-storage.ts';

export interface Place {
  /** Distinguishes it from other places. */
  readonly name: string;
  /** The subject of a sentence about it. */
  readonly title: string;
  /** Undefined if it is available; otherwise a text to follow its title. */
  whyAway(): Promise<string | undefined>;
}

/** When a disk or a share is removed, its folder is missing, or exists but is empty. */
export function folderPlace(folder: string): Place {
  return { name: folder, title: `The folder ${folder}`, whyAway: () => whyFolderIsAway(folder) };
}

/**
 * The place of a source's images: a folder, an object storage, or an archive, which is recognised by name even while it
 * is missing.
 */
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

/** A folder may have an archive's extension. */
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
