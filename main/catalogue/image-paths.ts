/** Where images lie: their source's folder and their path in it, and which version of the file is known. */
import type { Project } from './project.ts';

export interface PlacedImage {
  readonly folder: string;
  readonly relativePath: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

export async function imagePaths({ database }: Project, ids: Int32Array): Promise<Map<number, PlacedImage>> {
  const rows = await database.withChosen(ids, () =>
    database.rows(
      `SELECT images.id, folder, relative_path, bytes, modified_ms FROM images JOIN sources ON sources.id = source_id
       SEMI JOIN chosen ON chosen.id = images.id`,
    ),
  );
  return new Map(
    rows.map(({ id, folder, relative_path, bytes, modified_ms }) => [
      Number(id),
      {
        folder: String(folder),
        relativePath: String(relative_path),
        bytes: Number(bytes),
        modifiedMs: Number(modified_ms),
      },
    ]),
  );
}
