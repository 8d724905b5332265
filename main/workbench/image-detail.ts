/** All that is known of one image: where it came from, what each teacher says of it, what was decided, what it was used for. */
import { literal } from '../catalogue/database.ts';
import type { Project } from '../catalogue/project.ts';
import { findRunFile } from '../catalogue/run-files.ts';
import { readRuns } from '../pipeline/runs.ts';
import type { ImageDetail, LabelRunInfo } from './contract/ranks.ts';
import { NotFound } from './failures.ts';

/** Where a run keeps the ids of the images that it used. */
const USED_IN = ['trained-on.parquet', 'selection.parquet'];
const MOST_LABEL_RUNS = 5;

export async function imageDetail(
  project: Project,
  imageId: number,
  labelRuns: readonly LabelRunInfo[],
  nearDuplicates: readonly number[],
): Promise<ImageDetail> {
  const { database } = project;
  const [row] = await database.rows(
    `SELECT images.*, sources.folder, sources.kind, label.class_id, label.source AS label_source
     FROM images JOIN sources ON sources.id = source_id LEFT JOIN current_labels label ON label.image_id = images.id
     WHERE images.id = ?`,
    [imageId],
  );
  if (!row) throw new NotFound(`There is no image ${imageId} in this project.`);
  const verdicts = await database.rows('SELECT class_id, verdict FROM current_verdicts WHERE image_id = ?', [imageId]);
  return {
    imageId,
    path: String(row.relative_path),
    folder: String(row.folder),
    sourceKind: row.kind === 'labelled' ? 'labelled' : 'unlabelled',
    widthPx: Number(row.width_px),
    heightPx: Number(row.height_px),
    format: String(row.format),
    bytes: Number(row.bytes),
    classId: row.class_id === null ? null : Number(row.class_id),
    labelSource: row.label_source === 'hand' || row.label_source === 'folder' ? row.label_source : null,
    split: row.split === null ? null : String(row.split),
    scores: await scoresOf(project, imageId, labelRuns.slice(0, MOST_LABEL_RUNS)),
    verdicts: verdicts.map(({ class_id, verdict }) => ({
      classId: Number(class_id),
      verdict: verdict === 'pin' ? 'pin' : 'veto',
    })),
    nearDuplicates,
    usedIn: await usedIn(project, imageId),
  };
}

async function scoresOf(
  project: Project,
  imageId: number,
  labelRuns: readonly LabelRunInfo[],
): Promise<ImageDetail['scores']> {
  return await Promise.all(
    labelRuns.map(async ({ runId, title }) => {
      const scores = await project.scores.table(runId);
      const rows = await project.database.rows(
        `SELECT own.class_id, own.probability,
           (SELECT count(*) FROM ${scores} other WHERE other.class_id = own.class_id
              AND (other.probability, -other.image_id) >= (own.probability, -own.image_id)) AS rank
         FROM ${scores} own WHERE own.image_id = ? ORDER BY own.rank_in_image`,
        [imageId],
      );
      const classes = rows.map(({ class_id, probability, rank }) => ({
        classId: Number(class_id),
        score: Number(probability),
        rank: Number(rank),
      }));
      return { labelRunId: runId, title, classes };
    }),
  );
}

async function usedIn(project: Project, imageId: number): Promise<ImageDetail['usedIn']> {
  const used: { runId: string; stage: string }[] = [];
  for (const { id, stage } of await readRuns(project)) {
    for (const name of USED_IN) {
      const path = await findRunFile(project.path('runs', id), name);
      if (path === undefined) continue;
      const [count] = await project.database.integers(
        `SELECT count(*) FROM read_parquet(${literal(path)}) WHERE image_id = ?`,
        [imageId],
      );
      if (count) used.push({ runId: id, stage });
    }
  }
  return used;
}
