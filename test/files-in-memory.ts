import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

const MEMORY = '/dev/shm';
const PREFIX = 'understudy-tests-';
const ENOUGH_BYTES = 4 * 2 ** 30;

/**
 * Puts the temporary files of this process and its children into memory, if the machine has an in-memory file system with
 * enough space: every catalogue and every record is flushed to disk, which would cost a fifth of the tests' time. The files are
 * removed when the process ends.
 */
export function keepFilesInMemory(): void {
  if (!existsSync(MEMORY) || process.env.TMPDIR !== undefined) return;
  const mounted = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .find((line) => line.split(' ')[1] === MEMORY);
  // Some tests write a program and start it.
  if (mounted === undefined || /\bnoexec\b/.test(mounted)) return;
  const { bavail, bsize } = statfsSync(MEMORY);
  if (bavail * bsize < ENOUGH_BYTES) return;
  // Left by runs that were killed.
  for (const name of readdirSync(MEMORY).filter((one) => one.startsWith(PREFIX)))
    if (!existsSync(join('/proc', name.slice(PREFIX.length))))
      rmSync(join(MEMORY, name), { recursive: true, force: true });
  const folder = join(MEMORY, `${PREFIX}${process.pid}`);
  mkdirSync(folder, { recursive: true });
  process.env.TMPDIR = folder;
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
}
