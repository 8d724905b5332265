/** The images that a run used, with the classes that it was told, as a Parquet file in the run's folder. */

import type { LabelledIds } from './catalogue.ts';
import { saveParquet } from './parquet.ts';
import type { Project } from './project.ts';

export async function saveImageSet(project: Project, runId: string, name: string, images: LabelledIds): Promise<void> {
  await saveParquet(project.database, project.path('runs', runId, `${name}.parquet`), {
    image_id: images.imageIds,
    class_id: images.classIds,
  });
}
