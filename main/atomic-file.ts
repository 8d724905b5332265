/** Files that are either wholly there or not at all: written beside their place, flushed, and renamed into it. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asSystemFailure } from './system-failure.ts';

/** Temporary files end like this; whoever owns a folder may delete them when nobody is writing there. */
export const TEMPORARY_SUFFIX = '.tmp';

/** `write` fills the temporary file. Throws `DiskFull` when there is no room, or another system failure, leaving what was there before. */
export async function writeAtomically(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  await replaceBy(path, write, true);
}

/** The same for what proves itself when it is read and is soon made again: it may be lost when the power is. */
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
 * Renames what cannot be understood to `NAME.damaged` (or `.damaged-2`, …), so that another file may take its place and nothing
 * of a person's is written over. Gives the new path; undefined when the file went away meanwhile.
 */
export async function putAside(path: string): Promise<string | undefined> {
  for (let number = 1; ; number++) {
    const aside = `${path}.damaged${number === 1 ? '' : `-${number}`}`;
    try {
      // A rename would replace what was put aside before.
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

/** Makes a rename survive a power cut; not every platform lets a folder be opened for that. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
