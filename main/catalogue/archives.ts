/**
 * The archives of a source, each with its state when it was last read completely: an unchanged archive is not read
 * again, and its images count as present. `seen` is the scan's own table (record-scan.ts): functions that write to it
 * must be called during a scan.
 */
import type { Database } from './database.ts';
import type { FileProblem } from './record-scan.ts';

export interface ArchiveVersion {
  /** The archive's path in the source; empty if the archive is the source itself. */
  readonly archive: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

export interface KnownArchive {
  readonly id: number;
  readonly archive: string;
  /** Null until the archive has been read completely. */
  readonly bytes: number | null;
  readonly modifiedMs: number | null;
}

/** Keyed by path. */
export async function knownArchives(database: Database, sourceId: number): Promise<ReadonlyMap<string, KnownArchive>> {
  const rows = await database.rows('SELECT id, relative_path, bytes, modified_ms FROM archives WHERE source_id = ?', [
    sourceId,
  ]);
  return new Map(
    rows.map(({ id, relative_path, bytes, modified_ms }) => {
      const archive = String(relative_path);
      return [archive, { id: Number(id), archive, bytes: orNull(bytes), modifiedMs: orNull(modified_ms) }];
    }),
  );
}

function orNull(value: unknown): number | null {
  return value === null ? null : Number(value);
}

/** How many images of each class the archives contain according to their own labels; unlabelled ones under null. */
export async function countInArchives(
  database: Database,
  archives: readonly KnownArchive[],
): Promise<ReadonlyMap<string | null, number>> {
  if (archives.length === 0) return new Map();
  const rows = await database.withChosen(
    archives.map(({ id }) => id),
    () =>
      database.rows(
        `SELECT first_name, count(*) AS images FROM images
         LEFT JOIN (SELECT image_id, arg_max(class_id, decided_at) AS class_id FROM labels WHERE source = 'folder'
           GROUP BY image_id) label ON label.image_id = images.id AND images.split IS NOT NULL
         LEFT JOIN classes ON classes.id = label.class_id
         WHERE archive_id IN (SELECT id FROM chosen) GROUP BY first_name ORDER BY first_name`,
      ),
  );
  return new Map(
    rows.map(({ first_name, images }) => [first_name === null ? null : String(first_name), Number(images)]),
  );
}

/** The problems found in the archive when it was read. */
export async function problemsInArchive(database: Database, sourceId: number, archive: string): Promise<FileProblem[]> {
  const rows = await database.rows(
    `SELECT relative_path, reason FROM file_problems WHERE source_id = ?
       AND (relative_path = ? OR ? = '' OR starts_with(relative_path, ? || '/'))`,
    [sourceId, archive, archive, archive],
  );
  return rows.map(({ relative_path, reason }) => ({ relativePath: String(relative_path), reason: String(reason) }));
}

/** Marks the images of these unchanged archives as present. */
export async function keepArchives(database: Database, archives: readonly KnownArchive[]): Promise<void> {
  if (archives.length === 0) return;
  await database.withChosen(
    archives.map(({ id }) => id),
    async () => {
      const kept = 'archive_id IN (SELECT id FROM chosen)';
      await database.run(`INSERT INTO seen SELECT id FROM images WHERE ${kept}`);
      if (await database.number(`SELECT count(*) FROM images WHERE missing AND ${kept}`)) {
        await database.run(`UPDATE images SET missing = false WHERE missing AND ${kept}`);
      }
    },
  );
}

/** The known images of an archive: ids by path. */
export async function imagesInArchive(database: Database, id: number): Promise<ReadonlyMap<string, number>> {
  const rows = await database.rows('SELECT id, relative_path FROM images WHERE archive_id = ? ORDER BY id', [id]);
  return new Map(rows.map((row) => [String(row.relative_path), Number(row.id)]));
}

/** Makes the next scan read all archives of the source again, changed or not. */
export async function forgetArchives(database: Database, sourceId: number): Promise<void> {
  await database.run('UPDATE archives SET bytes = NULL, modified_ms = NULL WHERE source_id = ?', [sourceId]);
}

/** Registers archives by path, as not read completely yet. */
export async function beginArchives(database: Database, sourceId: number, paths: Iterable<string>): Promise<void> {
  for (const path of new Set(paths)) {
    const [known] = await database.rows('SELECT id, bytes FROM archives WHERE source_id = ? AND relative_path = ?', [
      sourceId,
      path,
    ]);
    if (!known) {
      const id = await database.number('SELECT coalesce(max(id) + 1, 0) FROM archives');
      await database.run('INSERT INTO archives VALUES (?, ?, ?, NULL, NULL)', [id, sourceId, path]);
    } else if (known.bytes !== null) {
      await database.run('UPDATE archives SET bytes = NULL, modified_ms = NULL WHERE id = ?', [Number(known.id)]);
    }
  }
}

/** Records an archive as read completely; images that this scan did not see no longer belong to it. */
export async function recordArchive(
  database: Database,
  sourceId: number,
  { archive, bytes, modifiedMs }: ArchiveVersion,
): Promise<void> {
  await beginArchives(database, sourceId, [archive]);
  const id = await database.number('SELECT id FROM archives WHERE source_id = ? AND relative_path = ?', [
    sourceId,
    archive,
  ]);
  const gone = `archive_id = ${id} AND NOT EXISTS (SELECT 1 FROM seen WHERE seen.id = images.id)`;
  if (await database.number(`SELECT count(*) FROM images WHERE ${gone}`)) {
    await database.run(`UPDATE images SET archive_id = NULL WHERE ${gone}`);
  }
  await database.run('UPDATE archives SET bytes = ?, modified_ms = ? WHERE id = ?', [bytes, modifiedMs, id]);
}
