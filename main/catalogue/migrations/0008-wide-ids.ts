/**
 * Image ids with 64 bits. The images table loses its indexes: a scan keeps track of existing images itself, and an
 * index over millions of paths took more memory than anything else, and more time to write than the images themselves.
 */
import type { Migration } from '../migrate.ts';

const WIDENED = ['labels', 'decisions', 'file_contents'];

export const wideIds: Migration = {
  version: 8,
  statements: [
    // Views fix the types of their columns: they are recreated, dependent ones last.
    'DROP VIEW usable_images',
    'DROP VIEW current_labels',
    'DROP VIEW given_labels',
    'DROP VIEW hand_labels',
    'DROP VIEW current_verdicts',
    'DROP VIEW standing_decisions',
    `CREATE TABLE images_8 (
      id BIGINT NOT NULL,
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
      file_id BIGINT
    )`,
    'INSERT INTO images_8 BY NAME SELECT * FROM images ORDER BY id',
    'DROP TABLE images',
    'ALTER TABLE images_8 RENAME TO images',
    ...WIDENED.map((table) => `ALTER TABLE ${table} ALTER COLUMN image_id TYPE BIGINT`),
    'CREATE TABLE shared_files_8 (image_id BIGINT PRIMARY KEY)',
    'INSERT INTO shared_files_8 SELECT image_id FROM shared_files',
    'DROP TABLE shared_files',
    'ALTER TABLE shared_files_8 RENAME TO shared_files',
    'CREATE TABLE same_pictures_8 (image_id BIGINT NOT NULL, picture BIGINT NOT NULL)',
    'INSERT INTO same_pictures_8 SELECT image_id, picture FROM same_pictures',
    'DROP TABLE same_pictures',
    'ALTER TABLE same_pictures_8 RENAME TO same_pictures',
    `CREATE TABLE spot_checks_8 (
      label_run_id VARCHAR NOT NULL,
      class_id INTEGER NOT NULL,
      image_id BIGINT NOT NULL,
      rank BIGINT NOT NULL,
      correct BOOLEAN NOT NULL,
      other_class_id INTEGER,
      checked_at TIMESTAMP NOT NULL,
      PRIMARY KEY (label_run_id, class_id, image_id)
    )`,
    'INSERT INTO spot_checks_8 SELECT * FROM spot_checks',
    'DROP TABLE spot_checks',
    'ALTER TABLE spot_checks_8 RENAME TO spot_checks',
    `CREATE VIEW standing_decisions AS
      SELECT decisions.* FROM decisions JOIN actions ON actions.id = action_id WHERE NOT undone`,
    `CREATE VIEW current_verdicts AS
      SELECT image_id, class_id, arg_max(decided, action_id) AS verdict FROM standing_decisions
      WHERE decided IN ('veto', 'pin', 'none') GROUP BY image_id, class_id HAVING arg_max(decided, action_id) <> 'none'`,
    `CREATE VIEW hand_labels AS
      SELECT image_id, arg_max(class_id, action_id) AS class_id FROM standing_decisions
      WHERE decided IN ('label', 'unlabel') GROUP BY image_id HAVING arg_max(decided, action_id) = 'label'`,
    `CREATE VIEW given_labels AS
      SELECT image_id, class_id, 'hand' AS source FROM hand_labels
      UNION ALL
      SELECT image_id, arg_max(class_id, (decided_at, source)), 'folder' FROM labels
      WHERE image_id NOT IN (SELECT image_id FROM hand_labels) GROUP BY image_id`,
    `CREATE VIEW current_labels AS
      SELECT given_labels.* REPLACE (class_roots.root AS class_id)
      FROM given_labels JOIN class_roots ON class_roots.id = given_labels.class_id`,
    `CREATE VIEW usable_images AS
      SELECT images.* REPLACE (
          CASE WHEN sources.kind = 'unlabelled' AND hand_labels.image_id IS NOT NULL
            THEN coalesce(images.split, 'train') ELSE images.split END AS split
        ),
        CASE WHEN hand_labels.image_id IS NOT NULL THEN 'labelled' ELSE sources.kind END AS kind,
        sources.folder,
        sources.kind AS source_kind
      FROM images JOIN sources ON sources.id = images.source_id LEFT JOIN hand_labels ON hand_labels.image_id = images.id
      WHERE NOT missing AND problem IS NULL`,
  ],
};
