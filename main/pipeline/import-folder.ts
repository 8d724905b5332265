/**
 * Takes a folder into the catalogue: a labelled one, whose first-level sub-folders are the classes, or an unlabelled one,
 * nested as it is. What cannot be read is listed with its reason and never stops the import.
 */

import { resolve } from 'node:path';
import { classNameOf } from '../catalogue/class-names.ts';
import { MetFiles, type OtherFile } from '../catalogue/met-files.ts';
import type { Project } from '../catalogue/project.ts';
import type { FileProblem, ImageInput } from '../catalogue/record-scan.ts';
import type { SourceUse } from '../catalogue/source-use.ts';
import { ExpectedFailure } from '../failure.ts';
import { type MetFile, meetFiles } from '../images/meet-files.ts';
import { awayMessage, Patience, SourceAway } from '../images/patience.ts';
import { folderPlace } from '../images/place.ts';
import { lookedAt, requireFolder, type ScanEntry } from '../images/scan.ts';
import { type Aside, type Passed, type Walked, walkFolder } from '../images/walk-folder.ts';
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
  const { catalogue, database } = project;
  const folder = resolve(localPath(source.folder));
  await requireKnownFolder(project, folder);
  await requireFolder(folder);
  const found = await catalogue.placeOfSource({ ...source, folder });
  const scanned = await database.isolated(async () => {
    const looking = new Looking(folder, source, options);
    const known = found.id === undefined ? undefined : await looking.meet(await MetFiles.begin(database), found.id);
    try {
      const batches = looking.batches();
      // A new folder without a single image leaves no trace, so the source is added only once the first rows are there.
      let batch = await batches.next();
      const isEmpty = batch.done && looking.images === 0;
      if (isEmpty && (options.isMoved === true || found.id === undefined || found.isRemoved)) {
        throw new FolderWithoutImages(emptyMessage(folder, source, looking));
      }
      const sourceId = await catalogue.addSource({ ...source, folder });
      await catalogue.scan(sourceId, async (record) => {
        await known?.keepKnown();
        for (; !batch.done; batch = await batches.next()) await record(batch.value);
        const { findings, problems, unreachable } = looking;
        return { problems, unreachable, notes: findings.notes(), emptyClasses: findings.emptyClasses };
      });
      return { sourceId, ...looking.outcome() };
    } finally {
      await known?.end();
    }
  });
  await compareContents(project, options.signal);
  const { sources, notes } = await catalogue.summary();
  const recorded = sources.find(({ id }) => id === scanned.sourceId);
  return {
    ...scanned,
    missing: recorded?.missing ?? 0,
    repeated: recorded?.repeated ?? 0,
    notes: [...(recorded?.notes ?? []), ...notes],
  };
}

/** A folder that holds images of the project and is away is to be connected, not to be typed in otherwise. */
async function requireKnownFolder({ database }: Project, folder: string): Promise<void> {
  const known = await database.number('SELECT count(*) FROM sources WHERE folder = ? AND NOT removed', [folder]);
  const why = known ? await folderPlace(folder).whyAway() : undefined;
  if (why !== undefined) throw new SourceAway(awayMessage(folder, why));
}

/** A file of a folder that is new has no place among known ones. */
type ToLookAt = Walked | OtherFile;

/** One look through a folder. All files of a new one are opened; of a known one those that are not the version that is known. */
class Looking {
  readonly findings = new ImportFindings();
  /** Of the problems those that say nothing about the files. */
  readonly unreachable: string[] = [];
  /** Images so far, those that are as they are known among them. */
  images = 0;
  readonly #folder: string;
  readonly #kind: FolderSource['kind'];
  readonly #options: ImportOptions;
  readonly #patience = new Patience();
  /** With where they come among the files of a known folder. */
  readonly #problems: (FileProblem & { readonly place: number })[] = [];
  #files = 0;
  #toLookAt: AsyncIterable<ToLookAt>;

  constructor(folder: string, { kind }: FolderSource, options: ImportOptions) {
    this.#folder = folder;
    this.#kind = kind;
    this.#options = options;
    this.#toLookAt = walkFolder(folder, this.#patience);
  }

  get problems(): FileProblem[] {
    const inOrder = this.#problems.toSorted((a, b) => a.place - b.place);
    return inOrder.map(({ relativePath, reason }) => ({ relativePath, reason }));
  }

  outcome() {
    const { images, problems, unreachable, findings } = this;
    return { images, problems, unreachable, classes: findings.classes, leftOut: findings.leftOut };
  }

  /** Asks the system alone. */
  async meet(known: MetFiles, sourceId: number): Promise<MetFiles> {
    for await (const part of meetFiles(this.#folder, this.#patience, this.#options.signal)) {
      const files: MetFile[] = [];
      for (const one of part) {
        if (one.kind === 'file') files.push(one);
        else if (one.kind === 'folder' || one.kind === 'leftOut') this.#setAside(one);
        else this.#passOver(one, known.count + files.length - 0.5);
      }
      await known.add(files);
    }
    for (const [folderName, files] of await known.compare(sourceId)) {
      this.images += files;
      if (this.#kind === 'labelled') this.findings.image(classNameOf(folderName), files);
    }
    this.#tell(this.images);
    this.#toLookAt = known.others();
    return known;
  }

  /**
   * The images to record, `SCANNED_AT_ONCE` of those that are there at a time: which ones are recorded together decides the
   * ids of new ones, and does not depend on what of the others was looked at.
   */
  async *batches(): AsyncGenerator<ImageInput[], void> {
    const { signal } = this.#options;
    let [batch, number, looked, recorded]: [ImageInput[], number, number, number] = [[], 0, 0, 0];
    const looking = lookedAt(this.#folder, this.#toLookAt, {
      ...{ signal, patience: this.#patience },
      onAside: (aside) => this.#setAside(aside),
    });
    for await (const { found, entry } of looking) {
      const place = 'place' in found ? found.place : looked;
      // Of the files before it, those that nobody had to look at are images.
      const before = place - looked++ + recorded;
      this.#tell(1);
      const image = entry && this.#imageOf(entry, place);
      if (!image) continue;
      const own = Math.floor(before / SCANNED_AT_ONCE);
      if (own !== number && batch.length > 0) {
        yield batch;
        batch = [];
      }
      number = own;
      recorded++;
      this.images++;
      batch.push('place' in found ? { ...image, id: found.id } : image);
    }
    if (batch.length > 0) yield batch;
  }

  /** Undefined for what is none, which is written down. */
  #imageOf(entry: ScanEntry, place: number): ImageInput | undefined {
    if (entry.kind !== 'image') {
      this.#passOver(entry, place);
      return undefined;
    }
    const className = this.#kind === 'labelled' ? classOf(entry.relativePath) : null;
    if (className === undefined) {
      const reason = 'lies beside the class folders: move it into the folder of its class';
      this.#passOver({ kind: 'problem', relativePath: entry.relativePath, reason }, place);
      return undefined;
    }
    if (className !== null) this.findings.image(className);
    return { ...entry, className };
  }

  #passOver(passed: Passed, place: number): void {
    const { kind, relativePath, reason } = passed;
    this.#problems.push({ relativePath, reason, place });
    if (kind === 'unreachable') this.unreachable.push(relativePath);
  }

  #setAside(aside: Aside): void {
    if (aside.kind === 'leftOut') this.findings.leaveOut(aside);
    else if (this.#kind === 'labelled' && !aside.relativePath.includes('/'))
      this.findings.classFolder(aside.relativePath);
  }

  #tell(files: number): void {
    this.#files += files;
    if (files > 0) this.#options.onProgress?.(this.#files);
  }
}

/** The first folder on the way to the image; undefined for an image that lies in none. */
function classOf(relativePath: string): string | undefined {
  const end = relativePath.indexOf('/');
  return end < 0 ? undefined : classNameOf(relativePath.slice(0, end));
}

function emptyMessage(folder: string, source: FolderSource, { problems, findings }: Looking): string {
  const [example] = problems;
  const [leftOut] = findings.leftOut.map(leftOutNote);
  if (!example) return `There is no image in ${folder}: nothing was added.${leftOut ? ` ${leftOut}` : ''}`;
  const wanted = source.kind === 'labelled' ? 'a folder with one sub-folder of images per class' : 'a folder of images';
  return `None of the ${problems.length} files in ${folder} can be used (${example.relativePath}: ${example.reason}): nothing was added; give ${wanted}.`;
}
