/** The images that a run used, window by window: as they were at the time, not what became of them. */
import type { Project } from '../../catalogue/project.ts';
import { loadRunClasses } from '../../catalogue/run-classes.ts';
import { usedImages } from '../../catalogue/runs/used-images.ts';
import type { ImageUse, RunImageWindow } from '../contract/runs.ts';
import { NotFound } from '../failures.ts';
import type { Page } from '../services.ts';
import { requireRun } from './run-infos.ts';

/** Throws `NotFound` when the run has no images of this use, and `StoredDataDamaged`. */
export async function runImages(project: Project, runId: string, use: ImageUse, page: Page): Promise<RunImageWindow> {
  await requireRun(project, runId);
  const used = await usedImages(project, runId, use, page);
  if (used === undefined) throw new NotFound(`The run ${runId} kept no images of this kind: look at another run.`);
  const { classIds, classNames } = await loadRunClasses(project, runId);
  return {
    use,
    total: used.total,
    offset: page.offset,
    images: used.images.map(({ imageId, classId }) => ({
      imageId,
      className: classNames[classIds.indexOf(classId)] ?? null,
    })),
  };
}
