/** Sources, images, classes, labels, problems. */
import type { Migration } from '../migrate.ts';

export const initial: Migration = {
  version: 1,
  statements: [
    'CREATE TABLE sources (id INTEGER PRIMARY KEY, kind VARCHAR NOT NULL, folder VARCHAR NOT NULL, split VARCHAR)',
    `CREATE TABLE images (
      id INTEGER PRIMARY KEY,
      source_id INTEGER NOT NULL,
      relative_path VARCHAR NOT NULL,
      width_px INTEGER NOT NULL,
      height_px INTEGER NOT NULL,
      format VARCHAR NOT NULL,
      bytes BIGINT NOT NULL,
      modified_ms DOUBLE NOT NULL,
      split VARCHAR,
      missing BOOLEAN NOT NULL DEFAULT false,
      problem VARCHAR,
      UNIQUE (source_id, relative_path)
    )`,
    'CREATE TABLE classes (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL UNIQUE)',
    `CREATE TABLE labels (
      image_id INTEGER NOT NULL,
      class_id INTEGER NOT NULL,
      source VARCHAR NOT NULL,
      decided_at TIMESTAMP NOT NULL
    )`,
    'CREATE TABLE file_problems (source_id INTEGER NOT NULL, relative_path VARCHAR NOT NULL, reason VARCHAR NOT NULL)',
    `CREATE VIEW current_labels AS
      SELECT image_id, arg_max(class_id, (decided_at, source)) AS class_id FROM labels GROUP BY image_id`,
    `CREATE VIEW usable_images AS
      SELECT images.*, sources.kind, sources.folder FROM images JOIN sources ON sources.id = images.source_id
      WHERE NOT missing AND problem IS NULL`,
  ],
};
