/** The scores that a table imported in place of a teacher gives chosen images. */
import { parquetTable } from '../parquet.ts';
import type { Project } from '../project.ts';

/** Columns of equal length. */
export async function scoresInTable(
  { database }: Project,
  path: string,
  imageIds: Int32Array,
): Promise<{ readonly imageIds: Int32Array; readonly classIds: Int32Array; readonly scores: Float32Array }> {
  const [images, classIds, scores] = await database.withChosen(imageIds, () =>
    database.columns(
      [Int32Array, Int32Array, Float32Array],
      `SELECT image_id, class_id, score FROM ${parquetTable(path)} JOIN chosen ON chosen.id = image_id`,
    ),
  );
  return { imageIds: images, classIds, scores };
}
