/** Everything known about one image: its source, each teacher's scores, decisions about it, and the runs that used it. */
import { labelsOf, readImageRecord, verdictsOn } from '../../catalogue/images/image-record.ts';
import type { Project } from '../../catalogue/project.ts';
import { imageScores, runsUsing } from '../../pipeline/image-history.ts';
import type { ImageDetail, LabelRunInfo } from '../contract/ranks.ts';
import { NotFound } from '../failures.ts';

const MOST_LABEL_RUNS = 5;

export async function imageDetail(
  project: Project,
  imageId: number,
  labelRuns: readonly LabelRunInfo[],
  nearDuplicates: readonly number[],
): Promise<ImageDetail> {
  const { database } = project;
  const image = await readImageRecord(database, imageId);
  if (!image) throw new NotFound(`There is no image ${imageId} in this project.`);
  const { folder, sourceKind, relativePath, widthPx, heightPx, format, bytes, labelSource, split } = image;
  return {
    ...{ imageId, path: relativePath, folder, sourceKind, widthPx, heightPx, format, bytes, labelSource, split },
    classIds: [...(await labelsOf(database, imageId))],
    scores: await Promise.all(
      labelRuns.slice(0, MOST_LABEL_RUNS).map(async ({ runId, title, temperature }) => ({
        labelRunId: runId,
        title,
        classes: await imageScores(project, runId, imageId, temperature),
      })),
    ),
    verdicts: await verdictsOn(database, imageId),
    nearDuplicates,
    usedIn: await runsUsing(project, imageId),
  };
}
