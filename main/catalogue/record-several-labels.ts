/** Labels from a source for images that may have several classes. The latest complete set for an image counts. */
import { classNameOf } from './class-names.ts';
import type { Database, RowValues } from './database.ts';
import { findFolderClasses } from './folder-classes.ts';

/**
 * `said`: SQL that yields `image_id` and `class_name` as given, one row per class. Writes nothing for images whose set
 * of classes is unchanged. Call inside a transaction.
 */
export async function recordSeveralLabels(database: Database, said: string): Promise<void> {
  const given = await database.rows(`SELECT DISTINCT class_name FROM (${said}) WHERE class_name IS NOT NULL`);
  if (given.length === 0) return;
  await database.run('CREATE OR REPLACE TEMP TABLE given_names(given VARCHAR, class_name VARCHAR)');
  const names = given.map(({ class_name }): RowValues => [String(class_name), classNameOf(String(class_name))]);
  await database.append('given_names', ['text', 'text'], names);
  await findFolderClasses(database, 'SELECT DISTINCT class_name FROM given_names');
  await database.run(
    `CREATE OR REPLACE TEMP TABLE said_now AS SELECT DISTINCT image_id, class_id FROM (${said}) rows
       JOIN given_names ON given = rows.class_name JOIN folder_classes ON folder_classes.class_name = given_names.class_name`,
  );
  const together = 'SELECT image_id, list_sort(list(DISTINCT class_id)) AS classes';
  await database.run(
    `INSERT INTO labels SELECT image_id, class_id, 'folder', now() AT TIME ZONE 'UTC' FROM said_now WHERE image_id NOT IN (
       SELECT image_id FROM (${together} FROM said_now GROUP BY image_id) now
       JOIN (${together} FROM (SELECT image_id, class_id FROM labels WHERE image_id IN (SELECT image_id FROM said_now)
           QUALIFY decided_at = max(decided_at) OVER (PARTITION BY image_id)) GROUP BY image_id) before USING (image_id)
       WHERE now.classes = before.classes)
     ORDER BY image_id, class_id`,
  );
  for (const table of ['said_now', 'folder_classes', 'given_names']) await database.run(`DROP TABLE ${table}`);
}
