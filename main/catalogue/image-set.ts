/** The images that a run used, with the classes that it was told, as a Parquet file in the run's folder. */
import type { LabelledIds } from './catalogue.ts';
import { literal } from './database.ts';
import { saveParquet } from './parquet.ts';
import type { Project } from './project.ts';

/** The run's folder exists. */
export async function saveImageSet(project: Project, runId: string, name: string, images: LabelledIds): Promise<void> {
  await saveParquet(project.database, setPath(project, runId, name), {
    image_id: images.imageIds,
    class_id: images.classIds,
  });
}

/** In the order in which it was saved. */
export async function loadImageSet(project: Project, runId: string, name: string): Promise<LabelledIds> {
  const [imageIds, classIds] = await project.database.columns(
    `SELECT image_id, class_id FROM read_parquet(${literal(setPath(project, runId, name))})`,
  );
  return { imageIds: Int32Array.from(imageIds ?? []), classIds: Int32Array.from(classIds ?? []) };
}

function setPath(project: Project, runId: string, name: string): string {
  return project.path('runs', runId, `${name}.parquet`);
}
