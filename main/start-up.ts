/**
 * Loads a program whose entry module imports nothing else. If the limit on open files is too low to load the program's
 * own modules (several hundred), Node reports a missing package or nothing useful: this prints a clear sentence
 * instead, and exits with code 1.
 */
import { readFileSync } from 'node:fs';

const LEAST_OPEN_FILES = 256;

export async function startUp(load: () => Promise<unknown>): Promise<void> {
  const limit = openFilesLimit();
  if (limit !== undefined && limit < LEAST_OPEN_FILES) {
    return refuse(
      `Only ${limit} files may be open at once, and Understudy needs ${LEAST_OPEN_FILES}: raise the limit (ulimit -n 4096) and run the same command again.`,
    );
  }
  try {
    await load();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'EMFILE' && code !== 'ENFILE') throw error;
    refuse(
      'Understudy cannot start because too many files are open: close other programs, or raise the limit (ulimit -n 4096), and run the same command again.',
    );
  }
}

/** Known only where the system reports it; other systems have no such limit, or raise it. */
function openFilesLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

function refuse(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}
