/** The sources that the project takes images from, and what is stored about each; removed sources are left out. */
import type { Database } from '../database.ts';
import type { SourceKind, Split } from '../source-use.ts';

export interface PresentSource {
  readonly id: number;
  readonly kind: SourceKind;
  readonly folder: string;
  readonly split: Split | null;
}

/** In the order in which they were added. */
export async function presentSources(database: Database): Promise<PresentSource[]> {
  const rows = await database.rows(
    'SELECT id, kind, folder, split FROM sources WHERE NOT coalesce(removed, false) ORDER BY id',
  );
  return rows.map(({ id, kind, folder, split }) => ({
    id: Number(id),
    kind: kind === 'labelled' ? 'labelled' : 'unlabelled',
    folder: String(folder),
    split: split === null ? null : (String(split) as Split),
  }));
}

export async function isPresentSource(database: Database, folder: string): Promise<boolean> {
  return (await database.number('SELECT count(*) FROM sources WHERE folder = ? AND NOT removed', [folder])) > 0;
}

/** Restores the folder the source had before; see `moveSource`. */
export async function putSourceBack(
  database: Database,
  { id, folder, manifest }: { readonly id: number; readonly folder: string; readonly manifest: string | null },
): Promise<void> {
  await database.run('UPDATE sources SET folder = ?, manifest = ? WHERE id = ?', [folder, manifest, id]);
}

/** The stored interpretation of its list's columns; undefined if none was given. */
export async function readColumnsText(database: Database, sourceId: number): Promise<string | undefined> {
  const [row] = await database.rows('SELECT columns FROM sources WHERE id = ?', [sourceId]);
  return typeof row?.columns === 'string' ? row.columns : undefined;
}

/** Writes only if the text differs, since followers of the catalogue's changes would otherwise be notified. */
export async function keepColumnsText(database: Database, sourceId: number, text: string | null): Promise<void> {
  const changed = 'id = ? AND columns IS DISTINCT FROM ?::VARCHAR';
  if (await database.number(`SELECT count(*) FROM sources WHERE ${changed}`, [sourceId, text])) {
    await database.run('UPDATE sources SET columns = ? WHERE id = ?', [text, sourceId]);
  }
}

/** The image at this path of the source. */
export async function imageAt(database: Database, sourceId: number, relativePath: string): Promise<number | undefined> {
  const [id] = await database.integers('SELECT id FROM images WHERE source_id = ? AND relative_path = ?', [
    sourceId,
    relativePath,
  ]);
  return id;
}

/** Why the last scan left out the file at this path of the source. */
export async function problemAt(
  database: Database,
  sourceId: number,
  relativePath: string,
): Promise<string | undefined> {
  const [problem] = await database.rows('SELECT reason FROM file_problems WHERE source_id = ? AND relative_path = ?', [
    sourceId,
    relativePath,
  ]);
  return problem && String(problem.reason);
}
