/**
 * Where images lie: the folder of their source and their path in it, their known version, and for entries of archives
 * the position.
 */
import type { Database, Row } from './database.ts';
import type { Project } from './project.ts';

/** Where an image's bytes are in an archive. */
export interface PlacedEntry {
  /** The archive's path in the source's folder; empty if the archive is the source itself. */
  readonly archive: string;
  readonly offset: number;
  readonly storedBytes: number;
  readonly isDeflated: boolean;
}

export interface PlacedImage {
  readonly folder: string;
  readonly relativePath: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** Absent if the image is a file. */
  readonly entry?: PlacedEntry;
}

/** One of the project's images, with everything that decides how its pixels are read. */
export interface ImageFile extends PlacedImage {
  readonly id: number;
  readonly format: string;
}

/** The columns that `placedOf` reads from a row of `IMAGES_WITH_PLACES`. */
export const PLACE_COLUMNS = `folder, images.relative_path, images.bytes, images.modified_ms,
  archives.relative_path AS archive, entry_offset, entry_bytes, entry_deflated`;

export const IMAGES_WITH_PLACES = `images JOIN sources ON sources.id = images.source_id
  LEFT JOIN archives ON archives.id = images.archive_id`;

/** Undefined when the project has no such image. */
export async function readImageFile({ database }: Project, id: number): Promise<ImageFile | undefined> {
  return (await readImageFiles(database, [id])).get(id);
}

/** Keyed by id. Ids that the project does not have are left out. */
export async function readImageFiles(database: Database, ids: readonly number[]): Promise<Map<number, ImageFile>> {
  // Written into the SQL text: DuckDB does not turn a list of parameters into a key look-up.
  const wanted = ids.filter(Number.isSafeInteger).join(', ');
  if (wanted === '') return new Map();
  const rows = await database.rows(
    `SELECT images.id, ${PLACE_COLUMNS}, format FROM ${IMAGES_WITH_PLACES} WHERE images.id IN (${wanted})`,
  );
  return new Map(rows.map((row) => [Number(row.id), imageFileOf(row)]));
}

export async function imagePaths(
  { database }: Pick<Project, 'database'>,
  ids: Int32Array,
): Promise<Map<number, PlacedImage>> {
  const rows = await database.withChosen(ids, () =>
    database.rows(
      `SELECT images.id, ${PLACE_COLUMNS} FROM ${IMAGES_WITH_PLACES} SEMI JOIN chosen ON chosen.id = images.id`,
    ),
  );
  return new Map(rows.map((row) => [Number(row.id), placedOf(row)]));
}

/** Of a row with `id`, `PLACE_COLUMNS` and `format`. */
export function imageFileOf(row: Row): ImageFile {
  return { id: Number(row.id), ...placedOf(row), format: String(row.format) };
}

export function placedOf(row: Row): PlacedImage {
  const { folder, relative_path, bytes, modified_ms, archive, entry_offset, entry_bytes, entry_deflated } = row;
  return {
    folder: String(folder),
    relativePath: String(relative_path),
    bytes: Number(bytes),
    modifiedMs: Number(modified_ms),
    ...(typeof archive === 'string' && {
      entry: {
        archive,
        offset: Number(entry_offset),
        storedBytes: Number(entry_bytes),
        isDeflated: entry_deflated === true,
      },
    }),
  };
}
