/**
 * Classes that can be renamed, coloured and merged, and sources that can be removed. A merge rewrites no label: it is
 * an act like a decision, and the views follow the standing ones, so that undoing it flips one flag, and images added
 * to a folder later follow it too.
 */
import type { Migration } from '../migrate.ts';

export const classes: Migration = {
  version: 3,
  statements: [
    // `first_name` is the name of its folder: a scan finds the class by it, even if the class was renamed. Not UNIQUE:
    // a class may take the name of one that was merged into it.
    `CREATE TABLE classes_3 (
      id INTEGER PRIMARY KEY,
      name VARCHAR NOT NULL,
      first_name VARCHAR NOT NULL,
      colour VARCHAR,
      key VARCHAR
    )`,
    'INSERT INTO classes_3 SELECT id, name, name, NULL, NULL FROM classes',
    'DROP TABLE classes',
    'ALTER TABLE classes_3 RENAME TO classes',
    'ALTER TABLE sources ADD COLUMN removed BOOLEAN DEFAULT false',
    'CREATE TABLE class_merges (action_id INTEGER NOT NULL, class_id INTEGER NOT NULL, into_class_id INTEGER NOT NULL)',
    `CREATE VIEW standing_merges AS
      SELECT class_id, arg_max(into_class_id, action_id) AS merged_into
      FROM class_merges JOIN actions ON actions.id = action_id WHERE NOT undone GROUP BY class_id`,
    // What each class counts as now: itself, or the end of its chain of merges.
    `CREATE VIEW class_roots AS
      WITH RECURSIVE chain(id, root) AS (
        SELECT id, id FROM classes
        UNION ALL
        SELECT chain.id, merged_into FROM chain JOIN standing_merges ON class_id = chain.root
      )
      SELECT id, root FROM chain WHERE root NOT IN (SELECT class_id FROM standing_merges)`,
    'ALTER VIEW current_labels RENAME TO given_labels',
    `CREATE VIEW current_labels AS
      SELECT given_labels.* REPLACE (class_roots.root AS class_id)
      FROM given_labels JOIN class_roots ON class_roots.id = given_labels.class_id`,
  ],
};
