/** The images that a run used, with the classes it was given, as a Parquet file in the run's folder. */
import { join } from 'node:path';
import type { LabelledIds } from './catalogue.ts';
import { saveParquet } from './parquet.ts';
import type { Project } from './project.ts';
import { findRunFile, recordRunFiles } from './run-files.ts';
import { runTable } from './runs/run-table.ts';

/** The run's folder must exist. */
export async function saveImageSet(project: Project, runId: string, name: string, images: LabelledIds): Promise<void> {
  const directory = project.path('runs', runId);
  await saveParquet(project.database, join(directory, fileName(name)), {
    image_id: images.imageIds,
    class_id: images.classIds,
  });
  await recordRunFiles(directory, [fileName(name)]);
}

/** In the order in which it was saved. Throws `StoredDataDamaged`. */
export async function loadImageSet(project: Project, runId: string, name: string): Promise<LabelledIds> {
  const table = await runTable(project, runId, fileName(name));
  const [imageIds, classIds] = await project.database.columns(
    [Int32Array, Int32Array],
    `SELECT image_id, class_id FROM ${table}`,
  );
  return { imageIds, classIds };
}

/** Whether the run ever had such a list. Throws `StoredDataDamaged`. */
export async function hasImageSet(project: Project, runId: string, name: string): Promise<boolean> {
  return (await findRunFile(project.path('runs', runId), fileName(name))) !== undefined;
}

function fileName(name: string): string {
  return `${name}.parquet`;
}
