/** Looks up or creates the classes that a source's folders or rows name. */
import { LONGEST_CLASS_NAME, requireShortName } from './class-names.ts';
import type { Database } from './database.ts';

/**
 * Creates a temporary table folder_classes(class_name, class_id) of the names that `namesQuery` yields, and any class
 * that does not exist. Throws `ClassNameTooLong`.
 */
export async function findFolderClasses(database: Database, namesQuery: string): Promise<void> {
  // A folder name refers to the class that first had that name, or else to the one that has it now. Names written by
  // earlier versions may have decomposed accents.
  await database.run(
    `CREATE OR REPLACE TEMP TABLE folder_classes AS
     SELECT class_name, coalesce(
       (SELECT min(id) FROM classes WHERE first_name = class_name),
       (SELECT min(id) FROM classes WHERE nfc_normalize(first_name) = class_name),
       (SELECT min(id) FROM classes WHERE nfc_normalize(name) = class_name
          AND id NOT IN (SELECT class_id FROM standing_merges))) AS class_id
     FROM (${namesQuery})`,
  );
  const [long] = await database.rows(
    `SELECT class_name FROM folder_classes WHERE length(class_name) > ${LONGEST_CLASS_NAME} LIMIT 1`,
  );
  if (long) requireShortName(String(long.class_name));
  await database.run(
    `UPDATE folder_classes SET class_id = fresh.id
     FROM (SELECT class_name, ? + row_number() OVER (ORDER BY class_name) - 1 AS id FROM folder_classes WHERE class_id IS NULL) fresh
     WHERE fresh.class_name = folder_classes.class_name`,
    [await database.number('SELECT coalesce(max(id) + 1, 0) FROM classes')],
  );
  await database.run(
    `INSERT INTO classes (id, name, first_name) SELECT class_id, class_name, class_name FROM folder_classes
     WHERE class_id NOT IN (SELECT id FROM classes)`,
  );
}
