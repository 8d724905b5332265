/**
 * Projects in which an image may have several classes. Unless a project enables this, every view is unchanged.
 * `current_labels` keeps one row per image (the first of its classes, if it has several); `image_labels` has a row for
 * each. By hand, each pair of image and class is decided separately, and takes precedence over the source for that
 * class alone.
 */
import type { Migration } from '../migrate.ts';

const ONE_LABEL = 'NOT EXISTS (SELECT 1 FROM several_labels)';

export const severalLabels: Migration = {
  version: 11,
  statements: [
    'CREATE TABLE project_settings (name VARCHAR PRIMARY KEY, value VARCHAR NOT NULL)',
    `CREATE VIEW several_labels AS SELECT 1 AS allowed FROM project_settings WHERE name = 'labels' AND value = 'several'`,
    // Views fix the types of their columns: they are recreated, dependent ones last.
    'DROP VIEW usable_images',
    'DROP VIEW current_labels',
    'DROP VIEW given_labels',
    'DROP VIEW hand_labels',
    `CREATE VIEW said_by_hand AS
      SELECT image_id, root AS class_id, arg_max(decided, action_id) AS decided
      FROM standing_decisions CROSS JOIN several_labels JOIN class_roots ON class_roots.id = class_id
      WHERE decided IN ('label', 'unlabel') GROUP BY image_id, root`,
    `CREATE VIEW hand_labels AS
      SELECT image_id, arg_max(class_id, action_id) AS class_id FROM standing_decisions
      WHERE decided IN ('label', 'unlabel') AND ${ONE_LABEL}
      GROUP BY image_id HAVING arg_max(decided, action_id) = 'label'
      UNION ALL
      SELECT image_id, min(class_id) FROM said_by_hand WHERE decided = 'label' GROUP BY image_id`,
    `CREATE VIEW several_class_labels AS
      SELECT image_id, class_id, 'hand' AS source FROM said_by_hand WHERE decided = 'label'
      UNION ALL
      SELECT DISTINCT image_id, root, 'folder' FROM (
          SELECT image_id, class_id FROM labels CROSS JOIN several_labels
          QUALIFY decided_at = max(decided_at) OVER (PARTITION BY image_id)) newest
        JOIN class_roots ON class_roots.id = newest.class_id
      WHERE NOT EXISTS (SELECT 1 FROM said_by_hand said WHERE said.image_id = newest.image_id AND said.class_id = root)`,
    `CREATE VIEW given_labels AS
      SELECT image_id, class_id, 'hand' AS source FROM hand_labels
      UNION ALL
      SELECT image_id, arg_max(class_id, (decided_at, source)), 'folder' FROM labels
      WHERE image_id NOT IN (SELECT image_id FROM hand_labels) GROUP BY image_id`,
    `CREATE VIEW current_labels AS
      SELECT given_labels.* REPLACE (class_roots.root AS class_id)
      FROM given_labels JOIN class_roots ON class_roots.id = given_labels.class_id WHERE ${ONE_LABEL}
      UNION ALL
      SELECT image_id, min(class_id), arg_min(source, class_id) FROM several_class_labels GROUP BY image_id`,
    `CREATE VIEW image_labels AS
      SELECT * FROM current_labels WHERE ${ONE_LABEL}
      UNION ALL
      SELECT image_id, class_id, source FROM several_class_labels`,
    `CREATE VIEW usable_images AS
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
