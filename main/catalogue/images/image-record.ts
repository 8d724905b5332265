/** What the catalogue knows about one image. */
import { CONTRADICTED_IMAGES, REPEATED_IMAGES } from '../counted-images.ts';
import type { Database } from '../database.ts';
import type { Verdict } from '../decisions.ts';
import type { SourceKind } from '../source-use.ts';

export interface ImageRecord {
  readonly folder: string;
  readonly sourceKind: SourceKind;
  readonly relativePath: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly format: string;
  readonly bytes: number;
  /** As set by the last scan; a label given by hand does not change it. */
  readonly split: string | null;
  /** Null if unlabelled; the first one if it has several. */
  readonly classId: number | null;
  readonly labelSource: 'hand' | 'folder' | null;
}

/** Undefined when the project has no such image. */
export async function readImageRecord(database: Database, imageId: number): Promise<ImageRecord | undefined> {
  const [row] = await database.rows(
    `SELECT images.*, sources.folder, sources.kind, label.class_id, label.source AS label_source
     FROM images JOIN sources ON sources.id = source_id LEFT JOIN current_labels label ON label.image_id = images.id
     WHERE images.id = ?`,
    [imageId],
  );
  if (!row) return undefined;
  return {
    folder: String(row.folder),
    sourceKind: row.kind === 'labelled' ? 'labelled' : 'unlabelled',
    relativePath: String(row.relative_path),
    widthPx: Number(row.width_px),
    heightPx: Number(row.height_px),
    format: String(row.format),
    bytes: Number(row.bytes),
    split: textOrNull(row.split),
    classId: row.class_id === null ? null : Number(row.class_id),
    labelSource: row.label_source === 'hand' || row.label_source === 'folder' ? row.label_source : null,
  };
}

export interface ImageStanding {
  /** The use of its source. */
  readonly sourceSplit: string | null;
  /** What the image is used for now, including labels given by hand; null: to be labelled by the teacher. */
  readonly split: string | null;
  readonly sourceRemoved: boolean;
  readonly missing: boolean;
  /** Why the last scan or the decoder left it out; null if nothing did. */
  readonly leftOutBecause: string | null;
}

/** Whether an image takes part, and as what. Undefined if the project has no such image. */
export async function readImageStanding(database: Database, imageId: number): Promise<ImageStanding | undefined> {
  const [row] = await database.rows(
    `SELECT images.problem, images.missing, sources.split AS source_split, sources.removed,
       coalesce(usable.split, images.split) AS current_split,
       (SELECT reason FROM file_problems WHERE source_id = images.source_id AND relative_path = images.relative_path) AS left_out
     FROM images JOIN sources ON sources.id = source_id LEFT JOIN usable_images usable ON usable.id = images.id
     WHERE images.id = ?`,
    [imageId],
  );
  return (
    row && {
      sourceSplit: textOrNull(row.source_split),
      split: textOrNull(row.current_split),
      sourceRemoved: row.removed === true,
      missing: row.missing === true,
      leftOutBecause: textOrNull(row.left_out) ?? textOrNull(row.problem),
    }
  );
}

export interface ImageVerdict {
  readonly classId: number;
  readonly verdict: Verdict;
}

/** In order of class. */
export async function verdictsOn(database: Database, imageId: number): Promise<ImageVerdict[]> {
  const rows = await database.rows(
    'SELECT class_id, verdict FROM current_verdicts WHERE image_id = ? ORDER BY class_id',
    [imageId],
  );
  return rows.map(({ class_id, verdict }) => ({
    classId: Number(class_id),
    verdict: verdict === 'pin' ? 'pin' : 'veto',
  }));
}

/** All classes the image is labelled with, in order of id. */
export async function labelsOf(database: Database, imageId: number): Promise<Int32Array> {
  return await database.integers('SELECT class_id FROM image_labels WHERE image_id = ? ORDER BY class_id', [imageId]);
}

/** Classes of copies of this picture that the image itself does not have. */
export async function classesOfCopies(database: Database, imageId: number): Promise<Int32Array> {
  return await database.integers(
    `WITH contradicted AS ${CONTRADICTED_IMAGES}
     SELECT DISTINCT other.class_id FROM contradicted own JOIN contradicted other USING (picture)
     WHERE own.id = ? AND other.class_id <> own.class_id ORDER BY other.class_id`,
    [imageId],
  );
}

/** Whether another image, the same file or a copy of it, counts in its place. */
export async function isRepeated(database: Database, imageId: number): Promise<boolean> {
  return (await database.integers(`SELECT id FROM ${REPEATED_IMAGES} WHERE id = ?`, [imageId])).length > 0;
}

export async function hasImage(database: Database, imageId: number): Promise<boolean> {
  return (await database.integers('SELECT id FROM images WHERE id = ?', [imageId])).length > 0;
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
