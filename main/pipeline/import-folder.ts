/**
 * Takes a folder into the catalogue: a labelled one, whose first-level sub-folders are the classes, or an unlabelled one,
 * nested as it is. What cannot be read is listed with its reason and never stops the import.
 */

import { resolve } from 'node:path';
import { classNameOf } from '../catalogue/class-names.ts';
import type { Project } from '../catalogue/project.ts';
import type { FileProblem, ImageInput } from '../catalogue/record-scan.ts';
import type { SourceUse } from '../catalogue/source-use.ts';
import { ExpectedFailure } from '../failure.ts';
import { awayMessage, SourceAway } from '../images/patience.ts';
import { folderPlace } from '../images/place.ts';
import { type ScanOptions, scanFolder } from '../images/scan.ts';
import { localPath } from '../local-path.ts';
import { compareContents } from './compare-contents.ts';
import { ImportFindings, type LeftOut, leftOutNote } from './import-findings.ts';

export interface FolderSource extends SourceUse {
  readonly folder: string;
}

export interface ImportedFolder {
  readonly sourceId: number;
  readonly images: number;
  /** Images of each class, 0 for a class folder without one; empty for an unlabelled folder. */
  readonly classes: ReadonlyMap<string, number>;
  readonly problems: readonly { readonly relativePath: string; readonly reason: string }[];
  /** Of the problems those that say nothing about the files: what is known of them, and of what lies below them, stays. */
  readonly unreachable: readonly string[];
  /** Images of this folder that were there before and are not any more. */
  readonly missing: number;
  readonly leftOut: readonly LeftOut[];
  /** Of `images`, those that are one picture with another image of the project, and count as that one. */
  readonly repeated: number;
  /** What a person should know of the folder and of the project's classes, a sentence each. */
  readonly notes: readonly string[];
}

export class FolderWithoutImages extends ExpectedFailure {}

/** Images that are recorded together; within such a batch ids follow the order of the names. */
export const SCANNED_AT_ONCE = 2048;

export interface ImportOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (files: number) => void;
  /** Its images are looked for in a new place: where there is none, it is the wrong place. */
  readonly isMoved?: boolean;
}

/**
 * Throws `FolderUnreadable` or `SourceAway` when the folder is not there (what is known of its images stays), and
 * `FolderWithoutImages` for a new folder; the images of a known one that has none left are missing.
 */
export async function importFolder(
  project: Project,
  source: FolderSource,
  options: ImportOptions = {},
): Promise<ImportedFolder> {
  const { catalogue } = project;
  const folder = resolve(localPath(source.folder));
  const findings = new ImportFindings();
  const left: Unusable = { problems: [], unreachable: [] };
  const { problems, unreachable } = left;
  let images = 0;
  await requireKnownFolder(project, folder);
  const files = readableImages(folder, source.kind, options, findings, left);
  // A new folder without a single image leaves no trace, so the source is added only once the first rows are there.
  let rows = await nextRows(files);
  if (rows.length === 0 && (options.isMoved === true || !(await catalogue.hasSource(folder)))) {
    throw new FolderWithoutImages(emptyMessage(folder, source, problems, findings));
  }
  const sourceId = await catalogue.addSource({ ...source, folder });
  await catalogue.scan(sourceId, async (record) => {
    for (; rows.length > 0; rows = await nextRows(files)) {
      await record(rows);
      images += rows.length;
      for (const { className } of rows) findings.image(className);
    }
    return { ...left, notes: findings.notes(), emptyClasses: findings.emptyClasses };
  });
  await compareContents(project, options.signal);
  const { sources, notes } = await catalogue.summary();
  const recorded = sources.find(({ id }) => id === sourceId);
  return {
    ...{ sourceId, images, problems, unreachable, classes: findings.classes, leftOut: findings.leftOut },
    missing: recorded?.missing ?? 0,
    repeated: recorded?.repeated ?? 0,
    notes: [...(recorded?.notes ?? []), ...notes],
  };
}

/** Files that give no image. */
interface Unusable {
  readonly problems: FileProblem[];
  readonly unreachable: string[];
}

/** A folder that holds images of the project and is away is to be connected, not to be typed in otherwise. */
async function requireKnownFolder({ database }: Project, folder: string): Promise<void> {
  const known = await database.number('SELECT count(*) FROM sources WHERE folder = ? AND NOT removed', [folder]);
  const why = known ? await folderPlace(folder).whyAway() : undefined;
  if (why !== undefined) throw new SourceAway(awayMessage(folder, why));
}

/** What a scan finds, image by image; what cannot be used is added to `problems` and `findings`. */
async function* readableImages(
  folder: string,
  kind: FolderSource['kind'],
  { signal, onProgress }: ImportOptions,
  findings: ImportFindings,
  { problems, unreachable }: Unusable,
): AsyncGenerator<ImageInput> {
  let files = 0;
  const onAside: ScanOptions['onAside'] = (aside) => {
    if (aside.kind === 'leftOut') findings.leaveOut(aside);
    else if (kind === 'labelled' && !aside.relativePath.includes('/')) findings.classFolder(aside.relativePath);
  };
  for await (const entry of scanFolder(folder, { signal, onAside })) {
    onProgress?.(++files);
    if (entry.kind !== 'image') {
      problems.push({ relativePath: entry.relativePath, reason: entry.reason });
      if (entry.kind === 'unreachable') unreachable.push(entry.relativePath);
      continue;
    }
    const className = kind === 'labelled' ? classOf(entry.relativePath) : null;
    if (className !== undefined) yield { ...entry, className };
    else {
      const reason = 'lies beside the class folders: move it into the folder of its class';
      problems.push({ relativePath: entry.relativePath, reason });
    }
  }
}

/** The next few thousand; none when all were read. */
async function nextRows(images: AsyncGenerator<ImageInput>): Promise<ImageInput[]> {
  const rows: ImageInput[] = [];
  while (rows.length < SCANNED_AT_ONCE) {
    const next = await images.next();
    if (next.done) break;
    rows.push(next.value);
  }
  return rows;
}

/** The first folder on the way to the image; undefined for an image that lies in none. */
function classOf(relativePath: string): string | undefined {
  const end = relativePath.indexOf('/');
  return end < 0 ? undefined : classNameOf(relativePath.slice(0, end));
}

function emptyMessage(
  folder: string,
  source: FolderSource,
  problems: ImportedFolder['problems'],
  findings: ImportFindings,
): string {
  const [example] = problems;
  const [leftOut] = findings.leftOut.map(leftOutNote);
  if (!example) return `There is no image in ${folder}: nothing was added.${leftOut ? ` ${leftOut}` : ''}`;
  const wanted = source.kind === 'labelled' ? 'a folder with one sub-folder of images per class' : 'a folder of images';
  return `None of the ${problems.length} files in ${folder} can be used (${example.relativePath}: ${example.reason}): nothing was added; give ${wanted}.`;
}
