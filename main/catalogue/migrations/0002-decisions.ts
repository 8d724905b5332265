/**
 * The user's decisions, as records of acts that can be undone, and views derived from them: the current verdicts and
 * hand labels. A hand-labelled image of an unlabelled source counts as a labelled training image while the label
 * stands.
 */
import type { Migration } from '../migrate.ts';

export const decisions: Migration = {
  version: 2,
  statements: [
    // Ids of acts are never reused, so that the newest id and the count of undone acts identify a state.
    'CREATE SEQUENCE action_ids START 1',
    `CREATE TABLE actions (
      id INTEGER PRIMARY KEY,
      description VARCHAR NOT NULL,
      images INTEGER NOT NULL,
      undone BOOLEAN NOT NULL DEFAULT false,
      decided_at TIMESTAMP NOT NULL
    )`,
    // `decided`: veto, pin or none for (image, class); label gives the image its class, unlabel revokes it.
    `CREATE TABLE decisions (
      action_id INTEGER NOT NULL,
      image_id INTEGER NOT NULL,
      class_id INTEGER NOT NULL,
      decided VARCHAR NOT NULL
    )`,
    `CREATE TABLE spot_checks (
      label_run_id VARCHAR NOT NULL,
      class_id INTEGER NOT NULL,
      image_id INTEGER NOT NULL,
      rank INTEGER NOT NULL,
      correct BOOLEAN NOT NULL,
      other_class_id INTEGER,
      checked_at TIMESTAMP NOT NULL,
      PRIMARY KEY (label_run_id, class_id, image_id)
    )`,
    'CREATE TABLE selection_settings (name VARCHAR PRIMARY KEY, value VARCHAR NOT NULL)',
    `CREATE VIEW standing_decisions AS
      SELECT decisions.* FROM decisions JOIN actions ON actions.id = action_id WHERE NOT undone`,
    `CREATE VIEW current_verdicts AS
      SELECT image_id, class_id, arg_max(decided, action_id) AS verdict FROM standing_decisions
      WHERE decided IN ('veto', 'pin', 'none') GROUP BY image_id, class_id HAVING arg_max(decided, action_id) <> 'none'`,
    `CREATE VIEW hand_labels AS
      SELECT image_id, arg_max(class_id, action_id) AS class_id FROM standing_decisions
      WHERE decided IN ('label', 'unlabel') GROUP BY image_id HAVING arg_max(decided, action_id) = 'label'`,
    // The user's label takes precedence over the folder's, whatever the folder says later.
    `CREATE OR REPLACE VIEW current_labels AS
      SELECT image_id, class_id, 'hand' AS source FROM hand_labels
      UNION ALL
      SELECT image_id, arg_max(class_id, (decided_at, source)), 'folder' FROM labels
      WHERE image_id NOT IN (SELECT image_id FROM hand_labels) GROUP BY image_id`,
    // An unlabelled source has no split; `split` of such an image is only set if it was held out after it was labelled.
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
  ],
};
