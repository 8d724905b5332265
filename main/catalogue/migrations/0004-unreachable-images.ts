/**
 * Resets images that an earlier version recorded as broken because their folder was unreachable: the problem was the
 * machine's ("ENOENT: no such file or directory, open …", "EIO: i/o error, read"), not the file's.
 */
import type { Migration } from '../migrate.ts';

export const unreachableImages: Migration = {
  version: 4,
  statements: [
    `UPDATE images SET problem = NULL WHERE regexp_matches(problem, '^((E[A-Z0-9]+|UNKNOWN): |is missing: )')`,
  ],
};
