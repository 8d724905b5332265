/**
 * Images that are entries of an archive, each with the position of its bytes in it; further annotations from a source:
 * a split per image, tags, a caption. An image of a labelled source without a class has no split, and is to be labelled
 * by the teacher.
 */
import type { Migration } from '../migrate.ts';

export const archives: Migration = {
  version: 9,
  statements: [
    // How the columns of annotation files are interpreted (JSON); null if not specified.
    'ALTER TABLE sources ADD COLUMN columns VARCHAR',
    // `relative_path` is empty if the archive is the source itself. The version columns are null until it has been read
    // completely.
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
    // Recreated because `images.*` is fixed to the columns that existed when the view was created.
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
