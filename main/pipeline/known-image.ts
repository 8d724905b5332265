/** All that a project knows of one image, with names in place of numbers: for the command line and whoever reads its JSON. */
import { basename } from 'node:path';
import { CONTRADICTED_IMAGES, REPEATED_IMAGES } from '../catalogue/counted-images.ts';
import type { Verdict } from '../catalogue/decisions.ts';
import { type ImageFile, readImageFile } from '../catalogue/image-paths.ts';
import { captionOf, tagsOf } from '../catalogue/image-tags.ts';
import type { Project } from '../catalogue/project.ts';
import type { SourceKind } from '../catalogue/source-use.ts';
import { pathIn } from '../object-address.ts';
import { temperatureOf } from './calibration.ts';
import { imageScores, runsUsing } from './image-history.ts';
import { readRuns } from './runs.ts';

export interface KnownImage {
  readonly imageId: number;
  readonly path: string;
  readonly source: { readonly folder: string; readonly kind: SourceKind; readonly split: string | null };
  readonly relativePath: string;
  readonly format: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly bytes: number;
  /** Null for an entry of an archive, which has none. */
  readonly modifiedMs: number | null;
  /** The archive's path in the source; null for a file. */
  readonly archive: string | null;
  /** What its source says of it beside its class. */
  readonly tags: readonly string[];
  readonly caption: string | null;
  /** `repeated`: the same picture is another image of the project, which counts in its place. */
  readonly state: 'used' | 'repeated' | 'leftOut' | 'missing' | 'removed';
  /** Why it is not used; null when it is. */
  readonly reason: string | null;
  readonly class: string | null;
  readonly classGivenBy: 'folder' | 'hand' | null;
  /** Where images may have several, its other ones. */
  readonly furtherClasses: readonly string[];
  /** What copies of it are said to be otherwise. */
  readonly otherClasses: readonly string[];
  /** What it is for; null: for the teacher to label. */
  readonly split: string | null;
  readonly decisions: readonly { readonly class: string; readonly verdict: Verdict }[];
  /** Of each labelling, the newest first. */
  readonly scores: readonly {
    readonly labelRunId: string;
    readonly teacherRunId: string | null;
    readonly classes: readonly {
      readonly class: string;
      readonly score: number;
      /** As it is shown; null where the teacher was in no comparison. */
      readonly calibrated: number | null;
      readonly rank: number;
    }[];
  }[];
  readonly usedIn: readonly { readonly runId: string; readonly stage: string }[];
}

const GONE = 'the file was not there when it was last looked for';
const REMOVED = 'its folder was taken out of the project';
const REPEATED = 'the same file, or a copy of it, is another image of this project, which counts in its place';

/** `imageId` is one of the project's. */
export async function knownImage(
  project: Project,
  imageId: number,
): Promise<{ readonly known: KnownImage; readonly image: ImageFile }> {
  const { database } = project;
  const [row] = await database.rows(
    `SELECT images.*, sources.folder, sources.kind, sources.split AS source_split, sources.removed, label.class_id,
       label.source AS label_source,
       coalesce(usable.split, images.split) AS current_split,
       (SELECT reason FROM file_problems WHERE source_id = images.source_id AND relative_path = images.relative_path) AS left_out
     FROM images JOIN sources ON sources.id = source_id
     LEFT JOIN current_labels label ON label.image_id = images.id
     LEFT JOIN usable_images usable ON usable.id = images.id
     WHERE images.id = ?`,
    [imageId],
  );
  const image = await readImageFile(project, imageId);
  if (!row || !image) throw new Error(`there is no image ${imageId}`);
  const names = await classNames(project);
  const verdicts = await database.rows(
    'SELECT class_id, verdict FROM current_verdicts WHERE image_id = ? ORDER BY class_id',
    [imageId],
  );
  const known: KnownImage = {
    imageId,
    path: pathIn(image.folder, image.relativePath),
    source: {
      folder: image.folder,
      kind: row.kind === 'labelled' ? 'labelled' : 'unlabelled',
      split: textOrNull(row.source_split),
    },
    relativePath: image.relativePath,
    format: image.format,
    widthPx: Number(row.width_px),
    heightPx: Number(row.height_px),
    bytes: image.bytes,
    modifiedMs: image.entry ? null : image.modifiedMs,
    archive: image.entry ? image.entry.archive || basename(image.folder) : null,
    tags: (await tagsOf(database, [imageId])).get(imageId) ?? [],
    caption: (await captionOf(database, imageId)) ?? null,
    ...(await stateOf(project, imageId, row)),
    class: row.class_id === null ? null : names(Number(row.class_id)),
    classGivenBy: row.label_source === 'hand' || row.label_source === 'folder' ? row.label_source : null,
    furtherClasses: (await furtherClasses(project, imageId)).map(names),
    otherClasses: (await otherClasses(project, imageId)).map(names),
    split: textOrNull(row.current_split),
    decisions: verdicts.map(({ class_id, verdict }) => ({
      class: names(Number(class_id)),
      verdict: verdict === 'pin' ? 'pin' : 'veto',
    })),
    scores: await scoresOf(project, imageId, names),
    usedIn: await runsUsing(project, imageId),
  };
  return { known, image };
}

/** Of an image that may have several, those beside the first. */
async function furtherClasses({ database }: Project, imageId: number): Promise<number[]> {
  const ids = await database.integers('SELECT class_id FROM image_labels WHERE image_id = ? ORDER BY class_id', [
    imageId,
  ]);
  return [...ids.subarray(1)];
}

async function otherClasses({ database }: Project, imageId: number): Promise<number[]> {
  const ids = await database.integers(
    `WITH contradicted AS ${CONTRADICTED_IMAGES}
     SELECT DISTINCT other.class_id FROM contradicted own JOIN contradicted other USING (picture)
     WHERE own.id = ? AND other.class_id <> own.class_id ORDER BY other.class_id`,
    [imageId],
  );
  return [...ids];
}

type Row = Readonly<Record<string, unknown>>;

async function stateOf(
  { database }: Project,
  imageId: number,
  row: Row,
): Promise<Pick<KnownImage, 'state' | 'reason'>> {
  if (row.removed === true) return { state: 'removed', reason: REMOVED };
  const problem = textOrNull(row.left_out) ?? textOrNull(row.problem);
  if (problem !== null) return { state: 'leftOut', reason: problem };
  if (row.missing === true) return { state: 'missing', reason: GONE };
  const [repeated] = await database.integers(`SELECT id FROM ${REPEATED_IMAGES} WHERE id = ?`, [imageId]);
  return repeated === undefined ? { state: 'used', reason: null } : { state: 'repeated', reason: REPEATED };
}

async function scoresOf(project: Project, imageId: number, names: (classId: number) => string) {
  const labelled = (await readRuns(project)).filter(({ stage, state }) => stage === 'label' && state === 'succeeded');
  const all = await Promise.all(
    labelled.toReversed().map(async ({ id, parents: [teacher] }) => {
      const temperature = teacher === undefined ? null : ((await temperatureOf(project, teacher)) ?? null);
      const classes = await imageScores(project, id, imageId, temperature);
      return {
        labelRunId: id,
        teacherRunId: teacher ?? null,
        classes: classes.map(({ classId, ...said }) => ({ class: names(classId), ...said })),
      };
    }),
  );
  return all.filter(({ classes }) => classes.length > 0);
}

/** Also of classes that were merged into others since. */
async function classNames({ database }: Project): Promise<(classId: number) => string> {
  const rows = await database.rows('SELECT id, name FROM classes');
  const names = new Map(rows.map(({ id, name }) => [Number(id), String(name)]));
  return (classId) => names.get(classId) ?? `class ${classId}`;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
