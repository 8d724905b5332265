/**
 * Images that an earlier version wrote down as broken because their folder was not there: their problem was the machine's
 * ("ENOENT: no such file or directory, open …", "EIO: i/o error, read"), never the file's. They are images again.
 */
import type { Migration } from '../migrate.ts';

export const unreachableImages: Migration = {
  version: 4,
  statements: [
    `UPDATE images SET problem = NULL WHERE regexp_matches(problem, '^((E[A-Z0-9]+|UNKNOWN): |is missing: )')`,
  ],
};
