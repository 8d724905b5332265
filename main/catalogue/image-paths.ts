/** Where images lie: their source's folder and their path in it, and which version of the file is known. */
import type { Row } from './database.ts';
import type { Project } from './project.ts';

export interface PlacedImage {
  readonly folder: string;
  readonly relativePath: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** One of the project's images, with what decides how its pixels are read. */
export interface ImageFile extends PlacedImage {
  readonly id: number;
  readonly format: string;
}

/** Undefined when the project has no such image. */
export async function readImageFile({ database }: Project, id: number): Promise<ImageFile | undefined> {
  const [row] = await database.rows(
    `SELECT folder, relative_path, bytes, modified_ms, format FROM images JOIN sources ON sources.id = source_id
     WHERE images.id = ?`,
    [id],
  );
  return row && { id, ...placedOf(row), format: String(row.format) };
}

export async function imagePaths({ database }: Project, ids: Int32Array): Promise<Map<number, PlacedImage>> {
  const rows = await database.withChosen(ids, () =>
    database.rows(
      `SELECT images.id, folder, relative_path, bytes, modified_ms FROM images JOIN sources ON sources.id = source_id
       SEMI JOIN chosen ON chosen.id = images.id`,
    ),
  );
  return new Map(rows.map((row) => [Number(row.id), placedOf(row)]));
}

function placedOf({ folder, relative_path, bytes, modified_ms }: Row): PlacedImage {
  return {
    folder: String(folder),
    relativePath: String(relative_path),
    bytes: Number(bytes),
    modifiedMs: Number(modified_ms),
  };
}
