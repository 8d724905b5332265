/** Imports whatever the user names as a place of images: a folder, an archive, a list. */
import { stat } from 'node:fs/promises';
import { isManifest } from '../catalogue/manifest.ts';
import type { Project } from '../catalogue/project.ts';
import { WrongUsage } from '../failure.ts';
import { isObjectAddress, placePath } from '../object-address.ts';
import type { FolderSource, ImportOptions } from './folder-pass.ts';
import { type ImportedFolder, importFolder } from './import-folder.ts';
import { importManifest } from './import-manifest.ts';

export interface Source extends FolderSource {
  /** The list that names its images; absent if it is not known yet what the folder is. */
  readonly manifest?: string | null;
}

/** Throws what `importFolder` and `importManifest` throw. */
export async function importSource(
  project: Project,
  source: Source,
  options: ImportOptions = {},
): Promise<ImportedFolder> {
  const path = source.manifest ?? placePath(source.folder);
  const { kind, split, columns } = source;
  // A folder may be named like a list.
  const isList = isManifest(path) && !(await isFolder(path));
  if (project.clipFrames !== undefined && isList) {
    throw new WrongUsage('A list names pictures, and this project holds clips: add the folder of the clips.');
  }
  if (project.clipFrames !== undefined && isObjectAddress(path)) {
    throw new WrongUsage('Clips are read from folders of this machine: bring them here, or mount the storage.');
  }
  if (isList) return await importManifest(project, { kind, split, columns, manifest: path }, options);
  return await importFolder(project, source, options);
}

async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true;
}
