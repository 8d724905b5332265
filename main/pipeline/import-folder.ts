/**
 * Imports a folder into the catalogue: a labelled one, whose top-level sub-folders are the classes, or an unlabelled
 * one of any structure. Archives in it, or in its place, are read without unpacking; files beside their images give the
 * classes. Unreadable files are listed with the reason and never stop the import.
 */

import { keepArchives } from '../catalogue/archives.ts';
import { readLabelSetting } from '../catalogue/label-setting.ts';
import { MetFiles } from '../catalogue/met-files.ts';
import type { Project } from '../catalogue/project.ts';
import { isPresentSource } from '../catalogue/sources/present-sources.ts';
import { ExpectedFailure } from '../failure.ts';
import { awayMessage, SourceAway } from '../images/patience.ts';
import { sourcePlace } from '../images/place.ts';
import { requireSource } from '../images/scan.ts';
import { placePath } from '../object-address.ts';
import { visible } from '../visible.ts';
import { compareContents } from './compare-contents.ts';
import { type Batch, FolderPass, type FolderSource, type ImportOptions } from './folder-pass.ts';
import { type LeftOut, leftOutNote } from './import-findings.ts';
import { columnsOf, keepColumns } from './source-columns.ts';

export interface ImportedFolder {
  readonly sourceId: number;
  readonly images: number;
  /** Images of each class, 0 for a class folder without one; empty for an unlabelled folder. */
  readonly classes: ReadonlyMap<string, number>;
  readonly problems: readonly { readonly relativePath: string; readonly reason: string }[];
  /**
   * Of the problems, those that say nothing about the files themselves: what is known about them, and about anything
   * below them, stays.
   */
  readonly unreachable: readonly string[];
  /** Images of this folder that existed before and are gone now. */
  readonly missing: number;
  readonly leftOut: readonly LeftOut[];
  /** How many of `images` are the same picture as another image of the project, and count as that one. */
  readonly repeated: number;
  /** What the user should know about the folder and the project's classes, one sentence each. */
  readonly notes: readonly string[];
}

export class FolderWithoutImages extends ExpectedFailure {}

/**
 * Throws `FolderUnreadable` or `SourceAway` if the folder does not exist (what is known about its images stays), and
 * `FolderWithoutImages` for a new folder; if a known one has no images left, its images are marked missing.
 */
export async function importFolder(
  project: Project,
  source: FolderSource,
  options: ImportOptions = {},
): Promise<ImportedFolder> {
  const { catalogue, database } = project;
  const folder = placePath(source.folder);
  await requireKnownFolder(project, folder);
  const isArchive = await requireSource(folder);
  if (isArchive && project.clipFrames !== undefined) {
    throw new FolderWithoutImages(`Archives are not searched for clips: unpack ${folder}, and add the folder.`);
  }
  const found = await catalogue.placeOfSource({ ...source, folder });
  const columns = await columnsOf(project, found.id, source.columns);
  const scanned = await database.isolated(async () => {
    const setting = await readLabelSetting(database);
    const looking = new FolderPass({ ...source, folder, columns, setting }, isArchive, {
      ...options,
      clips: project.clipFrames !== undefined,
    });
    const known =
      found.id === undefined || isArchive ? undefined : await looking.meet(await MetFiles.begin(database), found.id);
    const knownInArchives = found.id === undefined ? [] : await looking.meetArchives(database, found.id);
    try {
      const batches = looking.batches();
      // A new folder without a single image must leave no trace, so the source is only added once the first rows exist.
      const first: Batch[] = [];
      let batch = await batches.next();
      for (; !batch.done && looking.images === 0; batch = await batches.next()) first.push(batch.value);
      const isEmpty = batch.done && looking.images === 0;
      if (isEmpty && (options.isMoved === true || found.id === undefined || found.isRemoved)) {
        throw new FolderWithoutImages(emptyMessage(folder, source, looking));
      }
      const sourceId = await catalogue.addSource({ ...source, folder });
      await keepColumns(database, sourceId, columns);
      await catalogue.scan(sourceId, async (record) => {
        await known?.keepKnown();
        await keepArchives(database, knownInArchives);
        for (const { images, read } of first) await record(images, read);
        for (; !batch.done; batch = await batches.next()) await record(batch.value.images, batch.value.read);
        const { findings, problems, unreachable } = looking;
        return { problems, unreachable, notes: findings.notes(), emptyClasses: findings.emptyClasses };
      });
      return { sourceId, ...looking.outcome() };
    } finally {
      await known?.end();
    }
  });
  return await finishImport(project, scanned, options.signal);
}

/** The summary of the source after its images are recorded. */
export async function finishImport(
  project: Project,
  scanned: Omit<ImportedFolder, 'missing' | 'repeated' | 'notes'>,
  signal: AbortSignal | undefined,
): Promise<ImportedFolder> {
  await compareContents(project, signal);
  const { sources, notes } = await project.catalogue.summary();
  const recorded = sources.find(({ id }) => id === scanned.sourceId);
  return {
    ...scanned,
    missing: recorded?.missing ?? 0,
    repeated: recorded?.repeated ?? 0,
    notes: [...(recorded?.notes ?? []), ...notes],
  };
}

/** A missing folder with images of the project should be reconnected, rather than corrected as a typing error. */
async function requireKnownFolder({ database }: Project, folder: string): Promise<void> {
  const known = await isPresentSource(database, folder);
  const place = sourcePlace(folder);
  const why = known ? await place.whyAway() : undefined;
  if (why !== undefined) throw new SourceAway(awayMessage(place, why));
}

function emptyMessage(folder: string, source: FolderSource, { problems, findings }: FolderPass): string {
  const [example] = problems;
  const [leftOut] = findings.leftOut.map(leftOutNote);
  if (!example) return `There is no image in ${folder}: nothing was added.${leftOut ? ` ${leftOut}` : ''}`;
  const wanted = source.kind === 'labelled' ? 'a folder with one sub-folder of images per class' : 'a folder of images';
  // An archive given in place of a folder.
  if (example.relativePath === '') return `${folder} ${example.reason}: nothing was added.`;
  const what =
    problems.length === 1
      ? `The one file in ${folder} cannot`
      : `None of the ${problems.length.toLocaleString('en')} files in ${folder} can`;
  return `${what} be used (${visible(example.relativePath)}: ${example.reason}): nothing was added; give ${wanted}.`;
}
