/** Moves a source to another folder, or removes it. Its images keep ids and labels, so that no run loses any. */
import { stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { ExpectedFailure } from '../failure.ts';
import { isObjectAddress } from '../object-address.ts';
import { requireApart, requireNesting } from './add-source.ts';
import { type Database, literal } from './database.ts';
import { contains, realFolder } from './folder-relation.ts';
import { IMAGES_WITH_PLACES, PLACE_COLUMNS, placedOf } from './image-paths.ts';
import type { Project } from './project.ts';
import type { SourceUse, Split } from './source-use.ts';

export class SourceUnknown extends ExpectedFailure {}
export class FolderHasOtherImages extends ExpectedFailure {}

export interface SourceRecord extends SourceUse {
  readonly id: number;
  readonly folder: string;
  /** The list that names its images; null if the source is everything in the folder. */
  readonly manifest: string | null;
}

/** How many of a source's images to look for in its new place. */
const LOOKED_FOR = 200;

/** Throws `SourceUnknown`. */
export async function readSource(database: Database, sourceId: number): Promise<SourceRecord> {
  const [row] = await database.rows(
    'SELECT id, kind, folder, split, manifest FROM sources WHERE id = ? AND NOT removed',
    [sourceId],
  );
  if (!row) throw new SourceUnknown(`There is no folder number ${sourceId} in this project: it was removed.`);
  return {
    id: Number(row.id),
    kind: row.kind === 'labelled' ? 'labelled' : 'unlabelled',
    folder: String(row.folder),
    split: row.split === null ? null : (String(row.split) as Split),
    manifest: row.manifest === null ? null : String(row.manifest),
  };
}

/**
 * Moves the same images to another place; the next scan finds what is there. Throws `FolderHasOtherImages` if none of
 * the source's images is there, `SourceHasOtherUse` if the folder is a source already, `SourcesOverlap`,
 * `SourceOverlapsProject`.
 */
export async function moveSource(project: Project, sourceId: number, folder: string): Promise<SourceRecord> {
  const { database } = project;
  const source = await readSource(database, sourceId);
  const path = await realFolder(folder);
  if (path === source.folder) return source;
  if (source.manifest === null) {
    await requireApart(path, project.directory);
    await requireNesting(database, path, source, sourceId);
  }
  if (!(await holdsImagesOf(database, sourceId, path))) {
    throw new FolderHasOtherImages(
      `None of the images that were in ${source.folder} lies in ${path}: choose the folder that has the same files and sub-folders, or add this one as a new source.`,
    );
  }
  await database.run(`UPDATE sources SET folder = ${literal(path)} WHERE id = ?`, [sourceId]);
  const manifest = await movedManifest(source, path);
  if (manifest !== source.manifest) {
    await database.run('UPDATE sources SET manifest = ? WHERE id = ?', [manifest, sourceId]);
  }
  return { ...source, folder: path, manifest };
}

/** A list that was stored among its images may have moved with them. */
async function movedManifest({ folder, manifest }: SourceRecord, newFolder: string): Promise<string | null> {
  if (manifest === null || !contains(folder, manifest)) return manifest;
  const there = join(newFolder, relative(folder, manifest));
  return await stat(there).then(
    () => there,
    () => manifest,
  );
}

/** Its images count as missing from now on; adding the folder again brings them back. Throws `SourceUnknown`. */
export async function removeSource(database: Database, sourceId: number): Promise<void> {
  await readSource(database, sourceId);
  await database.transaction(async () => {
    await database.run('UPDATE sources SET removed = true WHERE id = ?', [sourceId]);
    await database.run('UPDATE images SET missing = true WHERE source_id = ? AND NOT missing', [sourceId]);
    await database.run('DELETE FROM file_problems WHERE source_id = ?', [sourceId]);
  });
}

async function holdsImagesOf(database: Database, sourceId: number, folder: string): Promise<boolean> {
  // The contents of an object storage are left to the scan.
  if (isObjectAddress(folder)) return true;
  const rows = await database.rows(
    `SELECT ${PLACE_COLUMNS} FROM ${IMAGES_WITH_PLACES} WHERE images.source_id = ? ORDER BY missing, hash(images.id)
     LIMIT ${LOOKED_FOR}`,
    [sourceId],
  );
  for (const { relativePath, entry } of rows.map(placedOf)) {
    const found = await stat(join(folder, entry ? entry.archive : relativePath)).catch(() => undefined);
    if (found?.isFile()) return true;
  }
  return false;
}
