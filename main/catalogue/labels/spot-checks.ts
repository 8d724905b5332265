/** The user's verdicts on single images of a class's ranking: whether the teacher is right. */
import type { Database } from '../database.ts';

export interface SpotCheck {
  readonly imageId: number;
  readonly rank: number;
  readonly correct: boolean;
  /** The correct class, if the user gave one. */
  readonly otherClassId: number | null;
}

/** A later answer about the same image replaces the earlier one. */
export async function saveSpotCheck(
  database: Database,
  labelRunId: string,
  classId: number,
  { imageId, rank, correct, otherClassId }: SpotCheck,
): Promise<void> {
  await database.run("INSERT OR REPLACE INTO spot_checks VALUES (?, ?, ?, ?, ?, ?, now() AT TIME ZONE 'UTC')", [
    labelRunId,
    classId,
    imageId,
    rank,
    correct,
    otherClassId,
  ]);
}

/**
 * Removes the answer and returns the class it gave the image, if the image still has it; null otherwise, also if there
 * was no answer.
 */
export async function removeSpotCheck(
  database: Database,
  labelRunId: string,
  classId: number,
  imageId: number,
): Promise<number | null> {
  const key = [labelRunId, classId, imageId];
  const [row] = await database.rows(
    `SELECT other_class_id FROM spot_checks s JOIN hand_labels h ON h.image_id = s.image_id AND h.class_id = s.other_class_id
     WHERE s.label_run_id = ? AND s.class_id = ? AND s.image_id = ?`,
    key,
  );
  await database.run('DELETE FROM spot_checks WHERE label_run_id = ? AND class_id = ? AND image_id = ?', key);
  return row === undefined ? null : Number(row.other_class_id);
}

/** For each spot-checked class, whether each image was right. */
export async function spotChecks(
  database: Database,
  labelRunId: string,
): Promise<ReadonlyMap<number, ReadonlyMap<number, boolean>>> {
  const rows = await database.rows('SELECT class_id, image_id, correct FROM spot_checks WHERE label_run_id = ?', [
    labelRunId,
  ]);
  const answers = new Map<number, Map<number, boolean>>();
  for (const { class_id, image_id, correct } of rows) {
    const known = answers.get(Number(class_id)) ?? new Map<number, boolean>();
    answers.set(Number(class_id), known.set(Number(image_id), correct === true));
  }
  return answers;
}

/** The same for one class. */
export async function spotChecksOf(
  database: Database,
  labelRunId: string,
  classId: number,
): Promise<ReadonlyMap<number, boolean>> {
  const rows = await database.rows(
    'SELECT image_id, correct FROM spot_checks WHERE label_run_id = ? AND class_id = ?',
    [labelRunId, classId],
  );
  return new Map(rows.map(({ image_id, correct }) => [Number(image_id), correct === true]));
}
