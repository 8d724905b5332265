/**
 * The current schema of the catalogue, with which a new project starts, in one transaction. Older projects arrive at
 * the same schema through the migrations, where the reasons are given; a test compares the two, table by table and view
 * by view.
 */

const SOURCES = [
  `CREATE TABLE project (id VARCHAR NOT NULL, name VARCHAR NOT NULL, created_at VARCHAR NOT NULL, clip_frames INTEGER)`,
  // `columns` (JSON): how annotation files are interpreted. `manifest`: the list that names the images.
  `CREATE TABLE sources (
    id INTEGER PRIMARY KEY,
    kind VARCHAR NOT NULL,
    folder VARCHAR NOT NULL,
    split VARCHAR,
    removed BOOLEAN DEFAULT false,
    columns VARCHAR,
    manifest VARCHAR
  )`,
  'CREATE TABLE source_notes (source_id INTEGER NOT NULL, place INTEGER NOT NULL, note VARCHAR NOT NULL)',
  'CREATE TABLE file_problems (source_id INTEGER NOT NULL, relative_path VARCHAR NOT NULL, reason VARCHAR NOT NULL)',
  `CREATE TABLE archives (
    id INTEGER PRIMARY KEY,
    source_id INTEGER NOT NULL,
    relative_path VARCHAR NOT NULL,
    bytes BIGINT,
    modified_ms DOUBLE
  )`,
];

const IMAGES = [
  `CREATE TABLE images (
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
    file_id BIGINT,
    archive_id INTEGER,
    entry_offset BIGINT,
    entry_bytes BIGINT,
    entry_deflated BOOLEAN
  )`,
  'CREATE TABLE image_tags (image_id BIGINT NOT NULL, tag VARCHAR NOT NULL)',
  'CREATE TABLE image_captions (image_id BIGINT NOT NULL, caption VARCHAR NOT NULL)',
  'CREATE TABLE shared_files (image_id BIGINT PRIMARY KEY)',
  'CREATE TABLE same_pictures (image_id BIGINT NOT NULL, picture BIGINT NOT NULL)',
  `CREATE TABLE file_contents (
    image_id BIGINT NOT NULL,
    bytes BIGINT NOT NULL,
    modified_ms DOUBLE NOT NULL,
    part VARCHAR NOT NULL,
    hash VARCHAR NOT NULL
  )`,
];

const CLASSES = [
  `CREATE TABLE classes (
    id INTEGER PRIMARY KEY,
    name VARCHAR NOT NULL,
    first_name VARCHAR NOT NULL,
    colour VARCHAR,
    key VARCHAR
  )`,
  'CREATE TABLE class_merges (action_id INTEGER NOT NULL, class_id INTEGER NOT NULL, into_class_id INTEGER NOT NULL)',
  `CREATE TABLE labels (
    image_id BIGINT NOT NULL,
    class_id INTEGER NOT NULL,
    source VARCHAR NOT NULL,
    decided_at TIMESTAMP NOT NULL
  )`,
];

const DECISIONS = [
  'CREATE SEQUENCE action_ids START 1',
  `CREATE TABLE actions (
    id INTEGER PRIMARY KEY,
    description VARCHAR NOT NULL,
    images INTEGER NOT NULL,
    undone BOOLEAN NOT NULL DEFAULT false,
    decided_at TIMESTAMP NOT NULL
  )`,
  `CREATE TABLE decisions (
    action_id INTEGER NOT NULL,
    image_id BIGINT NOT NULL,
    class_id INTEGER NOT NULL,
    decided VARCHAR NOT NULL
  )`,
  `CREATE TABLE spot_checks (
    label_run_id VARCHAR NOT NULL,
    class_id INTEGER NOT NULL,
    image_id BIGINT NOT NULL,
    rank BIGINT NOT NULL,
    correct BOOLEAN NOT NULL,
    other_class_id INTEGER,
    checked_at TIMESTAMP NOT NULL,
    PRIMARY KEY (label_run_id, class_id, image_id)
  )`,
  'CREATE TABLE selection_settings (name VARCHAR PRIMARY KEY, value VARCHAR NOT NULL)',
  'CREATE TABLE project_settings (name VARCHAR PRIMARY KEY, value VARCHAR NOT NULL)',
];

const ONE_LABEL = 'NOT EXISTS (SELECT 1 FROM several_labels)';

/** Dependent views come last. */
const VIEWS = [
  `CREATE VIEW standing_decisions AS
    SELECT decisions.* FROM decisions JOIN actions ON actions.id = action_id WHERE NOT undone`,
  `CREATE VIEW current_verdicts AS
    SELECT image_id, class_id, arg_max(decided, action_id) AS verdict FROM standing_decisions
    WHERE decided IN ('veto', 'pin', 'none') GROUP BY image_id, class_id HAVING arg_max(decided, action_id) <> 'none'`,
  `CREATE VIEW standing_merges AS
    SELECT class_id, arg_max(into_class_id, action_id) AS merged_into
    FROM class_merges JOIN actions ON actions.id = action_id WHERE NOT undone GROUP BY class_id`,
  `CREATE VIEW class_roots AS
    WITH RECURSIVE chain(id, root) AS (
      SELECT id, id FROM classes
      UNION ALL
      SELECT chain.id, merged_into FROM chain JOIN standing_merges ON class_id = chain.root
    )
    SELECT id, root FROM chain WHERE root NOT IN (SELECT class_id FROM standing_merges)`,
  `CREATE VIEW several_labels AS SELECT 1 AS allowed FROM project_settings WHERE name = 'labels' AND value = 'several'`,
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
];

export const schema: readonly string[] = [...SOURCES, ...IMAGES, ...CLASSES, ...DECISIONS, ...VIEWS];
