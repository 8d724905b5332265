/**
 * Images that are entries of an archive, each with the place of its bytes in it; what a source says of its images beside their
 * class: a split of their own, tags, a caption. An image of a labelled source that is given no class has no split, and is one
 * for the teacher to label.
 */
import type { Migration } from '../migrate.ts';

export const archives: Migration = {
  version: 9,
  statements: [
    // How the columns of what lies beside its images are read (JSON); null where nobody said.
    'ALTER TABLE sources ADD COLUMN columns VARCHAR',
    // `relative_path` is empty where the source is the archive. The version is null until all of it was read.
    `CREATE TABLE archives (
      id INTEGER PRIMARY KEY,
      source_id INTEGER NOT NULL,
      relative_path VARCHAR NOT NULL,
      bytes BIGINT,
      modified_ms DOUBLE
    )`,
    'ALTER TABLE images ADD COLUMN archive_id INTEGER',
    'ALTER TABLE images ADD COLUMN entry_offset BIGINT',
    'ALTER TABLE images ADD COLUMN entry_bytes BIGINT',
    'ALTER TABLE images ADD COLUMN entry_deflated BOOLEAN',
    'CREATE TABLE image_tags (image_id BIGINT NOT NULL, tag VARCHAR NOT NULL)',
    'CREATE TABLE image_captions (image_id BIGINT NOT NULL, caption VARCHAR NOT NULL)',
    `UPDATE images SET split = 'train' WHERE split IS NULL
       AND source_id IN (SELECT id FROM sources WHERE kind = 'labelled')`,
    // Its `images.*` is what the columns were when it was made.
    `CREATE OR REPLACE VIEW usable_images AS
      SELECT images.* REPLACE (
          CASE WHEN hand_labels.image_id IS NOT NULL THEN coalesce(images.split, 'train') ELSE images.split END AS split
        ),
        CASE WHEN hand_labels.image_id IS NOT NULL THEN 'labelled' WHEN images.split IS NULL THEN 'unlabelled'
          ELSE sources.kind END AS kind,
        sources.folder,
        CASE WHEN images.split IS NULL THEN 'unlabelled' ELSE sources.kind END AS source_kind
      FROM images JOIN sources ON sources.id = images.source_id LEFT JOIN hand_labels ON hand_labels.image_id = images.id
      WHERE NOT missing AND problem IS NULL`,
  ],
};
