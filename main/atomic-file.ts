/**
 * Atomic file writes: a file is written under a temporary name beside its destination, flushed, and renamed into place.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asSystemFailure } from './system-failure.ts';

/** Suffix of temporary files; the owner of a folder may delete them when nobody is writing there. */
export const TEMPORARY_SUFFIX = '.tmp';

/**
 * `write` fills the temporary file. On failure, throws `DiskFull` or another system failure and leaves the existing
 * file untouched.
 */
export async function writeAtomically(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  await replaceBy(path, write, true);
}

/**
 * Like `writeAtomically` but without flushing: a power cut may lose the file. For files that are verified when read and
 * cheap to make again.
 */
export async function writeQuickly(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  await replaceBy(path, write, false);
}

async function replaceBy(path: string, write: (file: FileHandle) => Promise<void>, lasting: boolean): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}${TEMPORARY_SUFFIX}`;
  try {
    const file = await open(temporary, 'wx+');
    try {
      await write(file);
      if (lasting) await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    if (lasting) await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true });
    throw asSystemFailure(error, path);
  }
}

export async function writeTextAtomically(path: string, text: string): Promise<void> {
  await writeAtomically(path, async (file) => {
    await file.writeFile(text);
  });
}

/**
 * Renames an unreadable file to `NAME.damaged` (or `.damaged-2`, …), so that a new file may take its place and nothing
 * of the user's is overwritten. Returns the new path, or undefined if the file disappeared in the meantime.
 */
export async function putAside(path: string): Promise<string | undefined> {
  for (let number = 1; ; number++) {
    const aside = `${path}.damaged${number === 1 ? '' : `-${number}`}`;
    try {
      // A rename would replace an earlier file of that name.
      await link(path, aside);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      if (code === 'EEXIST') continue;
      if (code === 'ENOENT') return undefined;
      // A folder, or a file system without hard links.
      if (existsSync(aside)) continue;
      await rename(path, aside);
    }
    await rm(path, { force: true });
    return aside;
  }
}

/** Makes a rename survive a power cut; not every platform allows opening a folder for that. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
