/**
 * The classes of a project, identified by ids that are never reused. A class's name, colour and key may change; what
 * trainings know of it (its id and its first name) does not. A merged class is hidden, and its images count as the
 * other class's for as long as the merge stands.
 */
import { ExpectedFailure } from '../failure.ts';
import { defaultColour } from './class-colours.ts';
import { classNameOf, requireShortName } from './class-names.ts';
import type { Database, RowValues } from './database.ts';
import { beginAction } from './decisions.ts';

export interface ClassRecord {
  readonly id: number;
  readonly name: string;
  /** Its first name; the name of its folder, if it came from one. */
  readonly firstName: string;
  /** #rrggbb */
  readonly colour: string;
  readonly key: string | null;
  /** Null if it is not merged. */
  readonly mergedInto: number | null;
}

export interface ClassChange {
  readonly name?: string | undefined;
  readonly colour?: string | undefined;
  readonly key?: string | null | undefined;
}

export class ClassNameTaken extends ExpectedFailure {}
export class ClassKeyTaken extends ExpectedFailure {}
export class ClassUnknown extends ExpectedFailure {}
export class ClassMergeImpossible extends ExpectedFailure {}

/** Classes that are not merged into another, by id. */
export async function readClasses(database: Database): Promise<ClassRecord[]> {
  return await classesWhere(database, 'merged_into IS NULL');
}

/** All classes that ever existed, by id: for anything made before a merge. */
export async function readAllClasses(database: Database): Promise<ClassRecord[]> {
  return await classesWhere(database, 'true');
}

/**
 * The new class has no images yet, so no training includes it before its first image is labelled. Throws
 * `ClassNameTaken` or `ClassNameTooLong`.
 */
export async function createClass(database: Database, givenName: string): Promise<number> {
  const name = classNameOf(givenName);
  return await database.transaction(async () => {
    await requireFreeName(database, name);
    const id = await database.number('SELECT coalesce(max(id) + 1, 0) FROM classes');
    await database.run('INSERT INTO classes (id, name, first_name) VALUES (?, ?, ?)', [id, name, name]);
    return id;
  });
}

/** Throws `ClassUnknown`, `ClassNameTaken`, `ClassNameTooLong` or `ClassKeyTaken`. */
export async function changeClass(database: Database, classId: number, change: ClassChange): Promise<void> {
  await database.transaction(async () => {
    await requireClass(database, classId);
    const name = change.name === undefined ? undefined : classNameOf(change.name);
    if (name !== undefined) await requireFreeName(database, name, classId);
    if (change.key !== undefined && change.key !== null) await requireFreeKey(database, change.key, classId);
    const changes = Object.entries({ name, colour: change.colour?.toLowerCase(), key: change.key });
    const given = changes.filter((entry): entry is [string, string | null] => entry[1] !== undefined);
    for (const [column, value] of given) {
      await database.run(`UPDATE classes SET ${column} = ? WHERE id = ?`, [value, classId]);
    }
  });
}

/**
 * Moves its images to the other class and hides it: an act that is undone like any decision (decisions.ts). Throws
 * `ClassUnknown` or `ClassMergeImpossible`.
 */
export async function mergeClass(database: Database, classId: number, intoClassId: number): Promise<void> {
  await database.transaction(async () => {
    const { name } = await requireClass(database, classId);
    if (classId === intoClassId) {
      throw new ClassMergeImpossible(`The class “${name}” cannot be merged into itself: choose another one.`);
    }
    const into = await requireClass(database, intoClassId);
    const images = await database.number('SELECT count(*) FROM image_labels WHERE class_id = ?', [classId]);
    const actionId = await beginAction(database, `Merge “${name}” into “${into.name}”`, images);
    await database.run('INSERT INTO class_merges VALUES (?, ?, ?)', [actionId, classId, intoClassId]);
  });
}

/** The ids of the classes that are merged into another now. */
export async function mergedClasses(database: Database): Promise<Int32Array> {
  return await database.integers('SELECT class_id FROM standing_merges ORDER BY class_id');
}

/** The record of an existing class that is not merged. */
async function requireClass(database: Database, classId: number): Promise<ClassRecord> {
  const [found] = await classesWhere(database, 'merged_into IS NULL AND id = ?', [classId]);
  if (!found) throw unknown(classId);
  return found;
}

/** Accepts any class that ever existed, merged or not. Throws `ClassUnknown`. */
export async function requireAnyClass(database: Database, classId: number): Promise<void> {
  if ((await classesWhere(database, 'id = ?', [classId])).length === 0) throw unknown(classId);
}

function unknown(classId: number): ClassUnknown {
  return new ClassUnknown(
    `There is no class number ${classId} any more: it was merged into another, or never existed.`,
  );
}

async function requireFreeName(database: Database, name: string, ownId = -1): Promise<void> {
  requireShortName(name);
  const [holder] = await classesWhere(database, 'merged_into IS NULL AND nfc_normalize(name) = ? AND id <> ?', [
    name,
    ownId,
  ]);
  if (!holder) return;
  throw new ClassNameTaken(`There is a class “${name}” already: choose another name, or merge the two.`);
}

async function requireFreeKey(database: Database, key: string, ownId: number): Promise<void> {
  const [holder] = await classesWhere(database, 'merged_into IS NULL AND key = ? AND id <> ?', [key, ownId]);
  if (!holder) return;
  throw new ClassKeyTaken(`The key “${key}” gives the class “${holder.name}”: choose another key, or free it there.`);
}

/** If two classes end up with the same key (after undoing a merge), the first one keeps it. */
async function classesWhere(database: Database, condition: string, values: RowValues = []): Promise<ClassRecord[]> {
  const rows = await database.rows(
    `SELECT id, name, first_name, colour, merged_into,
       CASE WHEN row_number() OVER (PARTITION BY key, merged_into IS NULL ORDER BY id) = 1 THEN key END AS key
     FROM classes LEFT JOIN standing_merges ON class_id = id QUALIFY ${condition} ORDER BY id`,
    values,
  );
  return rows.map(({ id, name, first_name, colour, key, merged_into }) => ({
    id: Number(id),
    name: String(name),
    firstName: String(first_name),
    colour: colour === null ? defaultColour(Number(id)) : String(colour),
    key: key === null ? null : String(key),
    mergedInto: merged_into === null ? null : Number(merged_into),
  }));
}
