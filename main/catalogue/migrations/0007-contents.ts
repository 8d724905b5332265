/**
 * Hashes of what labelled files hold, by which byte-equal copies are known: of a sample of each file that could be a copy, and
 * of the whole of those whose samples agree. A hash is of the version with these bytes and this time.
 */
import type { Migration } from '../migrate.ts';

export const contents: Migration = {
  version: 7,
  statements: [
    `CREATE TABLE file_contents (
      image_id INTEGER NOT NULL,
      bytes BIGINT NOT NULL,
      modified_ms DOUBLE NOT NULL,
      part VARCHAR NOT NULL,
      hash VARCHAR NOT NULL
    )`,
  ],
};
