/** All that is known of one image: where it came from, what each teacher says of it, what was decided, what it was used for. */
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
    scores: await Promise.all(
      labelRuns.slice(0, MOST_LABEL_RUNS).map(async ({ runId, title, temperature }) => ({
        labelRunId: runId,
        title,
        classes: await imageScores(project, runId, imageId, temperature),
      })),
    ),
    verdicts: verdicts.map(({ class_id, verdict }) => ({
      classId: Number(class_id),
      verdict: verdict === 'pin' ? 'pin' : 'veto',
    })),
    nearDuplicates,
    usedIn: await runsUsing(project, imageId),
  };
}
