/** Bugs are written to a file in the settings folder, since a desktop application has no terminal. The file is sent nowhere. */
import { appendFileSync, rmSync, statSync } from 'node:fs';

const LARGEST_BYTES = 2 ** 20;

export function bugLog(file: string): (error: unknown) => void {
  return (error) => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(`${text}\n`);
    try {
      if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > LARGEST_BYTES) rmSync(file);
      appendFileSync(file, `${new Date().toISOString()} ${text}\n`);
    } catch {
      // There is no way left to report it.
    }
  };
}
