/** The images of a source as a list: what a scan found, without the user's decisions. */
import type { Database } from '../database.ts';
import type { ImageInput } from '../record-scan.ts';

export interface SourceImage
  extends Pick<ImageInput, 'relativePath' | 'widthPx' | 'heightPx' | 'format' | 'bytes' | 'modifiedMs' | 'className'> {
  /** Why its pixels cannot be read. */
  readonly problem: string | null;
}

/** In order of id, without missing ones; the class is the one its folder gives it, by its first name. */
export async function imagesOfSource(database: Database, sourceId: number): Promise<SourceImage[]> {
  const rows = await database.rows(
    `SELECT relative_path, width_px, height_px, format, bytes, modified_ms, first_name, problem
     FROM images LEFT JOIN labels ON image_id = images.id AND source = 'folder'
     LEFT JOIN classes ON classes.id = class_id WHERE source_id = ? AND NOT missing ORDER BY images.id`,
    [sourceId],
  );
  return rows.map((row) => ({
    relativePath: String(row.relative_path),
    widthPx: Number(row.width_px),
    heightPx: Number(row.height_px),
    format: String(row.format),
    bytes: Number(row.bytes),
    modifiedMs: Number(row.modified_ms),
    className: row.first_name === null ? null : String(row.first_name),
    problem: row.problem === null ? null : String(row.problem),
  }));
}

/** The files that the last scan left out. */
export async function problemsOfSource(
  database: Database,
  sourceId: number,
): Promise<{ readonly relativePath: string; readonly reason: string }[]> {
  const rows = await database.rows('SELECT relative_path, reason FROM file_problems WHERE source_id = ?', [sourceId]);
  return rows.map(({ relative_path, reason }) => ({ relativePath: String(relative_path), reason: String(reason) }));
}

/** The file and version of every image of the project. */
export async function allFileVersions(database: Database): Promise<
  {
    readonly id: number;
    readonly sourceId: number;
    readonly relativePath: string;
    readonly bytes: number;
    readonly modifiedMs: number;
  }[]
> {
  const rows = await database.rows('SELECT id, source_id, relative_path, bytes, modified_ms FROM images');
  return rows.map((row) => ({
    id: Number(row.id),
    sourceId: Number(row.source_id),
    relativePath: String(row.relative_path),
    bytes: Number(row.bytes),
    modifiedMs: Number(row.modified_ms),
  }));
}
