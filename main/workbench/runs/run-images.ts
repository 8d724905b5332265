/** The images that a run used, window by window: from a run back to its images. Which they were, not what became of them. */
import { literal } from '../../catalogue/database.ts';
import type { Project } from '../../catalogue/project.ts';
import { loadRunClasses } from '../../catalogue/run-classes.ts';
import { findRunFile } from '../../catalogue/run-files.ts';
import { SELECTION } from '../../catalogue/selection.ts';
import { predictionsTable } from '../../pipeline/predictions.ts';
import type { ImageUse, RunImageWindow } from '../contract/runs.ts';
import { NotFound } from '../failures.ts';
import type { Page } from '../services.ts';
import { requireRun } from './run-infos.ts';

/** Throws `NotFound` when the run did not use images so. */
export async function runImages(
  project: Project,
  runId: string,
  use: ImageUse,
  { offset, limit }: Page,
): Promise<RunImageWindow> {
  await requireRun(project, runId);
  const used = await usedTable(project, runId, use);
  if (used === undefined)
    throw new NotFound(`The run ${runId} kept no images of this kind: look at another of its runs.`);
  const { database } = project;
  const total = await database.number(`SELECT count(*) FROM (${used})`);
  const rows = await database.rows(`SELECT image_id, class_id FROM (${used}) ORDER BY place LIMIT ? OFFSET ?`, [
    limit,
    offset,
  ]);
  const { classIds, classNames } = await loadRunClasses(project, runId);
  return {
    use,
    total: total,
    offset,
    images: rows.map(({ image_id, class_id }) => ({
      imageId: Number(image_id),
      className: classNames[classIds.indexOf(Number(class_id))] ?? null,
    })),
  };
}

/** SQL for `image_id`, `class_id` and the `place` to order by; undefined when the run kept none. Throws `StoredDataDamaged`. */
async function usedTable(project: Project, runId: string, use: ImageUse): Promise<string | undefined> {
  const kept = async (name: string, columns: string) => {
    const path = await findRunFile(project.path('runs', runId), name);
    return path === undefined
      ? undefined
      : `SELECT image_id, class_id, ${columns} AS place FROM read_parquet(${literal(path)})`;
  };
  switch (use) {
    case 'trainedOn':
      return await kept('trained-on.parquet', 'image_id');
    case 'selected':
      return await kept(SELECTION, 'row_number() OVER (ORDER BY class_id, rank)');
    case 'labelled':
      return (await project.scores.partitions(runId)).length > 0
        ? `SELECT image_id, class_id, image_id AS place FROM ${await project.scores.table(runId)} WHERE rank_in_image = 1`
        : undefined;
    case 'heldOut':
      return await heldOut(project, runId);
    default:
      return use satisfies never;
  }
}

/** An evaluation names classes by the networks' outputs. */
async function heldOut(project: Project, runId: string): Promise<string | undefined> {
  const predictions = await predictionsTable(project, runId);
  if (predictions === undefined) return undefined;
  const { classIds } = await loadRunClasses(project, runId);
  return `SELECT image_id, [${classIds.join(', ')}][any_value(true_output) + 1] AS class_id, image_id AS place
    FROM ${predictions} GROUP BY image_id`;
}
