/** Where images lie: their source's folder and their path in it. */
import type { Project } from './project.ts';

export async function imagePaths(
  { database }: Project,
  ids: Int32Array,
): Promise<Map<number, { folder: string; relativePath: string }>> {
  const rows = await database.withChosen(ids, () =>
    database.rows(
      `SELECT images.id, folder, relative_path FROM images JOIN sources ON sources.id = source_id
       SEMI JOIN chosen ON chosen.id = images.id`,
    ),
  );
  return new Map(
    rows.map(({ id, folder, relative_path }) => [
      Number(id),
      { folder: String(folder), relativePath: String(relative_path) },
    ]),
  );
}
