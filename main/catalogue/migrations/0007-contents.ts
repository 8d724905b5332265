/**
 * Hashes of the contents of labelled files, for finding byte-equal copies: of a sample of each file that could be a
 * copy, and of the complete file if samples agree. A hash belongs to the version with this size and time.
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
