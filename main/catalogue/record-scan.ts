/**
 * Records what a scan of a source found. Image and class ids are assigned once and never reused; a changed file keeps
 * its id, a vanished one is marked missing. Labels are records: a scan adds one where the folder says something new,
 * and never repeats what it said before, so that the user's later decision outlives every scan.
 */

import { beginArchives } from './archives.ts';
import { classNameOf } from './class-names.ts';
import type { ColumnType, Database, RowValues } from './database.ts';
import { findFolderClasses } from './folder-classes.ts';
import { newImageIds } from './image-ids.ts';
import type { PlacedEntry } from './image-paths.ts';
import { readLabelSetting } from './label-setting.ts';
import { recordSeveralLabels } from './record-several-labels.ts';
import type { Split } from './source-use.ts';

export interface ImageInput {
  readonly relativePath: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly format: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly className: string | null;
  /** All classes, if images may have several; `className` is the first. */
  readonly classNames?: readonly string[];
  /** Identifies the file on this machine, a 63-bit integer: the same for every path and link to it. Null if unknown. */
  readonly fileId: string | null;
  /** Its existing id, or null if new; absent if this was not looked up. */
  readonly id?: number | null;
  /** For an entry of an archive. */
  readonly entry?: PlacedEntry;
  /** Absent: the split of its source. Null: it has no class, and is to be labelled by the teacher. */
  readonly split?: Split | null;
  /** The split was given for this image in particular, so that a scan that finds a different one changes it. */
  readonly isSplitSaid?: boolean;
  /** Absent: the source does not mention tags, and known ones stay. */
  readonly tags?: readonly string[];
  readonly caption?: string | null;
}

export interface FileProblem {
  readonly relativePath: string;
  readonly reason: string;
}

/** What a scan found besides images. */
export interface ScanOutcome {
  readonly problems: readonly FileProblem[];
  /** Paths of files and folders that could not be read at the time. */
  readonly unreachable?: readonly string[];
  /** Sentences, in display order. */
  readonly notes?: readonly string[];
  /** Names of class folders without an image. */
  readonly emptyClasses?: readonly string[];
}

const SCANNED: readonly ColumnType[] = [
  'text',
  'integer',
  'integer',
  'text',
  'bigint',
  'double',
  'text',
  'bigint',
  'bigint',
  'text',
  'bigint',
  'bigint',
  'integer',
  'text',
  'integer',
];

/** Training images may have been held out since: only a split given for this image changes that. */
const KEPT_SPLIT = `CASE WHEN has_split = 0 OR (has_split = 1 AND s.split = 'train' AND images.split = 'val')
  THEN images.split ELSE s.split END`;

export async function beginScan(database: Database): Promise<void> {
  await database.run('CREATE OR REPLACE TEMP TABLE seen(id BIGINT)');
}

/** New ids follow the order of paths. Throws, and records nothing, if a path occurs twice. */
export async function recordImages(database: Database, sourceId: number, images: Iterable<ImageInput>): Promise<void> {
  await database.run(
    `CREATE OR REPLACE TEMP TABLE scanned(relative_path VARCHAR PRIMARY KEY, width_px INTEGER, height_px INTEGER, format VARCHAR,
       bytes BIGINT, modified_ms DOUBLE, class_name VARCHAR, file_id BIGINT, known_id BIGINT, archive VARCHAR,
       entry_offset BIGINT, entry_bytes BIGINT, entry_deflated INTEGER, split VARCHAR, has_split INTEGER)`,
  );
  const given = [...images];
  await beginArchives(
    database,
    sourceId,
    given.flatMap(({ entry }) => entry?.archive ?? []),
  );
  await database.append('scanned', SCANNED, scannedRows(given));
  if (given.some(({ id }) => id === undefined)) {
    await database.run(
      `UPDATE scanned SET known_id = images.id FROM images
       WHERE images.source_id = ? AND images.relative_path = scanned.relative_path`,
      [sourceId],
    );
  }
  await database.transaction(async () => {
    const added = await database.number('SELECT count(*) FROM scanned WHERE known_id IS NULL');
    await database.run(
      `CREATE OR REPLACE TEMP TABLE numbered AS SELECT scanned.*, archives.id AS archive_id, known_id IS NULL AS is_new,
         coalesce(known_id, ? + row_number() OVER (PARTITION BY known_id IS NULL ORDER BY scanned.relative_path) - 1)::BIGINT
           AS id
       FROM scanned LEFT JOIN archives ON archives.source_id = ? AND archives.relative_path = scanned.archive`,
      [await newImageIds(database, added), sourceId],
    );
    if (added < given.length) {
      await database.run(
        `UPDATE images SET bytes = s.bytes, modified_ms = s.modified_ms, width_px = s.width_px, height_px = s.height_px,
           format = s.format, file_id = s.file_id, missing = false, archive_id = s.archive_id,
           entry_offset = s.entry_offset, entry_bytes = s.entry_bytes, entry_deflated = (s.entry_deflated = 1),
           split = ${KEPT_SPLIT}, problem = CASE WHEN images.bytes = s.bytes AND images.modified_ms = s.modified_ms THEN problem END
         FROM numbered s WHERE NOT s.is_new AND images.id = s.id`,
      );
    }
    if (added > 0) {
      await database.run(
        `INSERT INTO images (id, source_id, relative_path, width_px, height_px, format, bytes, modified_ms, split, file_id,
           archive_id, entry_offset, entry_bytes, entry_deflated)
         SELECT s.id, ?, s.relative_path, s.width_px, s.height_px, s.format, s.bytes, s.modified_ms,
           CASE WHEN has_split = 1 THEN s.split ELSE sources.split END, s.file_id, archive_id, entry_offset, entry_bytes,
           CASE WHEN archive_id IS NOT NULL THEN entry_deflated = 1 END
         FROM numbered s JOIN sources ON sources.id = ? WHERE s.is_new ORDER BY s.id`,
        [sourceId, sourceId],
      );
    }
    if ((await readLabelSetting(database)) === 'several') await recordAllLabels(database, given);
    else await recordFolderLabels(database, given.length - added);
    await recordTags(database, given);
  });
  await database.run('INSERT INTO seen SELECT id FROM numbered');
  await database.run('DROP TABLE numbered');
  await database.run('DROP TABLE scanned');
}

export async function finishScan(
  database: Database,
  sourceId: number,
  { problems, unreachable = [], notes = [], emptyClasses = [] }: ScanOutcome,
): Promise<void> {
  await database.transaction(async () => {
    await database.run('CREATE OR REPLACE TEMP TABLE unreached(relative_path VARCHAR)');
    await database.append(
      'unreached',
      ['text'],
      unreachable.map((path): RowValues => [path]),
    );
    // An unreachable file is neither present nor gone: it stays as it was.
    const isGone = `source_id = ${sourceId} AND NOT missing
         AND NOT EXISTS (SELECT 1 FROM seen WHERE seen.id = images.id)
         AND NOT EXISTS (SELECT 1 FROM unreached WHERE unreached.relative_path = images.relative_path
           OR starts_with(images.relative_path, unreached.relative_path || '/'))`;
    if (await database.number(`SELECT count(*) FROM images WHERE ${isGone}`)) {
      await database.run(`UPDATE images SET missing = true WHERE ${isGone}`);
    }
    await database.run('DROP TABLE unreached');
    const rows = problems.map(({ relativePath, reason }): RowValues => [sourceId, relativePath, reason]);
    await replaceRows(database, sourceId, 'file_problems', ['integer', 'text', 'text'], rows);
    const noted = notes.map((note, place): RowValues => [sourceId, place, note]);
    await replaceRows(database, sourceId, 'source_notes', ['integer', 'integer', 'text'], noted);
    await recordEmptyClasses(database, emptyClasses);
  });
  await database.run('DROP TABLE seen');
}

/** Writes nothing if the table had no rows and gets none, because every change triggers a copy (catalogue-copy.ts). */
async function replaceRows(
  database: Database,
  sourceId: number,
  table: 'file_problems' | 'source_notes',
  types: readonly ColumnType[],
  rows: readonly RowValues[],
): Promise<void> {
  if (await database.number(`SELECT count(*) FROM ${table} WHERE source_id = ?`, [sourceId])) {
    await database.run(`DELETE FROM ${table} WHERE source_id = ?`, [sourceId]);
  }
  if (rows.length > 0) await database.append(table, types, rows);
}

/** @param known how many of the scanned images may have been labelled by an earlier scan */
async function recordFolderLabels(database: Database, known: number): Promise<void> {
  if (!(await database.number('SELECT count(class_name) FROM scanned'))) return;
  await findFolderClasses(database, 'SELECT DISTINCT class_name FROM scanned WHERE class_name IS NOT NULL');
  // A source may change its label for an image and change it back: the latest one counts.
  const repeated = `NOT is_new AND folder_classes.class_id = (SELECT arg_max(l.class_id, l.decided_at) FROM labels l
       WHERE l.image_id = numbered.id AND l.source = 'folder')`;
  await database.run(
    `INSERT INTO labels SELECT numbered.id, class_id, 'folder', now() AT TIME ZONE 'UTC'
     FROM numbered JOIN folder_classes USING (class_name) ${known > 0 ? `WHERE NOT (${repeated})` : ''}`,
  );
  await database.run('DROP TABLE folder_classes');
}

async function recordAllLabels(database: Database, given: readonly ImageInput[]): Promise<void> {
  const rows = given.flatMap(({ relativePath, className, classNames = className === null ? [] : [className] }) =>
    classNames.map((name): RowValues => [relativePath, name]),
  );
  if (rows.length === 0) return;
  await database.run('CREATE OR REPLACE TEMP TABLE scanned_classes(relative_path VARCHAR, class_name VARCHAR)');
  await database.append('scanned_classes', ['text', 'text'], rows);
  await recordSeveralLabels(
    database,
    'SELECT numbered.id AS image_id, scanned_classes.class_name FROM scanned_classes JOIN numbered USING (relative_path)',
  );
  await database.run('DROP TABLE scanned_classes');
}

/** Replaces the tags and captions of exactly the images for which new ones were given. */
async function recordTags(database: Database, given: readonly ImageInput[]): Promise<void> {
  const said = given.filter(({ tags, caption }) => tags !== undefined || caption !== undefined);
  if (said.length === 0) return;
  await database.run('CREATE OR REPLACE TEMP TABLE said(relative_path VARCHAR, kind VARCHAR, text VARCHAR)');
  await database.append('said', ['text', 'text', 'text'], saidRows(said));
  for (const [table, column] of [
    ['image_tags', 'tag'],
    ['image_captions', 'caption'],
  ] as const) {
    const known = `image_id IN (SELECT id FROM numbered WHERE NOT is_new)`;
    if (await database.number(`SELECT count(*) FROM ${table} WHERE ${known}`)) {
      await database.run(`DELETE FROM ${table} WHERE ${known}`);
    }
    if (await database.number('SELECT count(*) FROM said WHERE kind = ?', [column])) {
      await database.run(
        `INSERT INTO ${table} SELECT id, text FROM said JOIN numbered USING (relative_path) WHERE kind = ? ORDER BY id`,
        [column],
      );
    }
  }
  await database.run('DROP TABLE said');
}

function* saidRows(images: readonly ImageInput[]): Generator<RowValues> {
  for (const { relativePath, tags = [], caption } of images) {
    for (const tag of tags) yield [relativePath, 'tag', tag];
    if (caption) yield [relativePath, 'caption', caption];
  }
}

async function recordEmptyClasses(database: Database, names: readonly string[]): Promise<void> {
  if (names.length === 0) return;
  await database.run('CREATE OR REPLACE TEMP TABLE empty_classes(class_name VARCHAR)');
  const rows = names.map((name): RowValues => [classNameOf(name)]);
  await database.append('empty_classes', ['text'], rows);
  await findFolderClasses(database, 'SELECT DISTINCT class_name FROM empty_classes');
  await database.run('DROP TABLE folder_classes');
  await database.run('DROP TABLE empty_classes');
}

/**
 * Records images that share a file with another, as far as scans know; false positives do no harm (counted-images.ts).
 */
export async function noteSharedFiles(database: Database): Promise<void> {
  const version = 'file_id, bytes, modified_ms';
  await database.run(
    `CREATE OR REPLACE TEMP TABLE newly_shared AS
     SELECT id FROM images SEMI JOIN (SELECT ${version} FROM images WHERE file_id IS NOT NULL GROUP BY ${version} HAVING count(*) > 1)
       USING (${version})
     WHERE id NOT IN (SELECT image_id FROM shared_files) ORDER BY id`,
  );
  if (await database.number('SELECT count(*) FROM newly_shared')) {
    await database.run('INSERT INTO shared_files SELECT id FROM newly_shared');
  }
  await database.run('DROP TABLE newly_shared');
}

function* scannedRows(images: Iterable<ImageInput>): Generator<RowValues> {
  for (const image of images) {
    const { relativePath, widthPx, heightPx, format, bytes, modifiedMs, className, fileId, id, entry, split } = image;
    const name = className === null ? null : classNameOf(className);
    const place = [
      entry?.archive ?? null,
      entry?.offset ?? null,
      entry?.storedBytes ?? null,
      Number(entry?.isDeflated ?? false),
    ];
    const hasSplit = split === undefined ? 0 : image.isSplitSaid ? 2 : 1;
    yield [
      ...[relativePath, widthPx, heightPx, format, bytes, modifiedMs, name, fileId, id ?? null],
      ...[...place, split ?? null, hasSplit],
    ];
  }
}
