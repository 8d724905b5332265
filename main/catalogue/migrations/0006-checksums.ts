/**
 * Stored files have checksums from here on. The catalogue records its project's identity, so that another project's
 * catalogue in its place is noticed, and a damaged understudy.json can be restored from it.
 */
import type { Migration } from '../migrate.ts';

export const checksums: Migration = {
  version: 6,
  statements: [
    'CREATE TABLE IF NOT EXISTS project (id VARCHAR NOT NULL, name VARCHAR NOT NULL, created_at VARCHAR NOT NULL)',
  ],
};
