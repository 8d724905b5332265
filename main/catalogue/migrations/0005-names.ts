/**
 * Adds the identity of image files independent of path or link, and the images that share a file with another; a scan's
 * notes besides its images; and identical pictures in several classes. Images have no `file_id` until their folder is
 * read again.
 */
import type { Migration } from '../migrate.ts';

export const names: Migration = {
  version: 5,
  statements: [
    'ALTER TABLE images ADD COLUMN file_id BIGINT',
    // Recreated because `images.*` is fixed to the columns that existed when the view was created.
    `CREATE OR REPLACE VIEW usable_images AS
      SELECT images.* REPLACE (
          CASE WHEN sources.kind = 'unlabelled' AND hand_labels.image_id IS NOT NULL
            THEN coalesce(images.split, 'train') ELSE images.split END AS split
        ),
        CASE WHEN hand_labels.image_id IS NOT NULL THEN 'labelled' ELSE sources.kind END AS kind,
        sources.folder,
        sources.kind AS source_kind
      FROM images JOIN sources ON sources.id = images.source_id LEFT JOIN hand_labels ON hand_labels.image_id = images.id
      WHERE NOT missing AND problem IS NULL`,
    'CREATE TABLE shared_files (image_id INTEGER PRIMARY KEY)',
    'CREATE TABLE source_notes (source_id INTEGER NOT NULL, place INTEGER NOT NULL, note VARCHAR NOT NULL)',
    'CREATE TABLE same_pictures (image_id INTEGER NOT NULL, picture INTEGER NOT NULL)',
  ],
};
