/** Folders that have moved: their images keep ids, labels and everything that was computed from them. */
import { relative } from 'node:path';
import { moveSource, readSource, type SourceRecord, SourceUnknown } from '../catalogue/change-source.ts';
import { contains, realFolder } from '../catalogue/folder-relation.ts';
import type { Project } from '../catalogue/project.ts';
import { presentSources, putSourceBack } from '../catalogue/sources/present-sources.ts';
import { ExpectedFailure } from '../failure.ts';
import { sourcePlace } from '../images/place.ts';
import { pathIn, placePath } from '../object-address.ts';
import type { ImportOptions } from './folder-pass.ts';
import type { ImportedFolder } from './import-folder.ts';
import { importSource } from './import-source.ts';

export class NewFolderAway extends ExpectedFailure {}

/**
 * Looks for the source's images in another folder and uses them from there. If nothing in it can be read, the source
 * stays where it was. Throws `NewFolderAway`, and what `moveSource` and `importFolder` throw.
 */
export async function reconnectSource(
  project: Project,
  sourceId: number,
  folder: string,
  options: ImportOptions = {},
): Promise<ImportedFolder> {
  const before = await readSource(project.database, sourceId);
  const place = sourcePlace(placePath(folder));
  const why = await place.whyAway();
  if (why !== undefined) throw new NewFolderAway(`${place.title} ${why}: check the path; nothing was changed.`);
  const moved = await moveSource(project, sourceId, folder);
  try {
    return await importSource(project, moved, { ...options, isMoved: true });
  } catch (error) {
    if (error instanceof ExpectedFailure) {
      await putSourceBack(project.database, before);
    }
    throw error;
  }
}

export interface Reconnection {
  readonly source: SourceRecord;
  readonly folder: string;
}

/**
 * Resolves `old`: a source's id, its folder, or a folder that contains sources, such as a disk. Throws `SourceUnknown`.
 */
export async function reconnections({ database }: Project, old: string, folder: string): Promise<Reconnection[]> {
  const present = await presentSources(database);
  const sources = await Promise.all(present.map(({ id }) => readSource(database, id)));
  const numbered = sources.find(({ id }) => String(id) === old);
  if (numbered) return [{ source: numbered, folder: placePath(folder) }];
  const asked = [placePath(old), await realFolder(old)];
  const found = sources.flatMap((source) => {
    const outer = asked.find((path) => contains(path, source.folder));
    return outer === undefined ? [] : [{ source, folder: pathIn(placePath(folder), relative(outer, source.folder)) }];
  });
  if (found.length > 0) return found;
  const known = sources.map((source) => `${source.id} ${source.folder}`).join(', ');
  throw new SourceUnknown(
    `This project takes no images from ${old}: give one of its folders, or its number${known === '' ? '' : ` (${known})`}.`,
  );
}
