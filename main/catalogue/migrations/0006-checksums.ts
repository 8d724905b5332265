/**
 * Stored files have checksums from here on. The catalogue knows whose it is, so that another project's in its place is
 * noticed, and can say what understudy.json says where that is damaged.
 */
import type { Migration } from '../migrate.ts';

export const checksums: Migration = {
  version: 6,
  statements: [
    'CREATE TABLE IF NOT EXISTS project (id VARCHAR NOT NULL, name VARCHAR NOT NULL, created_at VARCHAR NOT NULL)',
  ],
};
