/**
 * Imports a folder into the catalogue: a labelled one, whose top-level sub-folders are the classes, or an unlabelled
 * one of any structure. Archives in it, or in its place, are read without unpacking; files beside their images give the
 * classes. Unreadable files are listed with the reason and never stop the import.
 */

import {
  countInArchives,
  type KnownArchive,
  keepArchives,
  knownArchives,
  problemsInArchive,
} from '../catalogue/archives.ts';
import { classNameOf } from '../catalogue/class-names.ts';
import type { Database } from '../catalogue/database.ts';
import { type LabelSetting, readLabelSetting } from '../catalogue/label-setting.ts';
import { MetFiles, type OtherFile } from '../catalogue/met-files.ts';
import type { Project } from '../catalogue/project.ts';
import type { FileProblem, ImageInput } from '../catalogue/record-scan.ts';
import type { SourceUse } from '../catalogue/source-use.ts';
import { isPresentSource } from '../catalogue/sources/present-sources.ts';
import { ExpectedFailure } from '../failure.ts';
import { type MetFile, meetFiles } from '../images/meet-files.ts';
import { versionNow } from '../images/open-source-file.ts';
import { awayMessage, Patience, SourceAway } from '../images/patience.ts';
import { sourcePlace } from '../images/place.ts';
import type { SampleFacts } from '../images/sample-facts.ts';
import { lookedAt, requireSource, type ScanEntry } from '../images/scan.ts';
import { type ArchiveRead, type EntryPlace, scanArchive } from '../images/scan-archive.ts';
import { type Aside, type LookingFor, type Passed, type Walked, walkFolder } from '../images/walk-folder.ts';
import { pathIn, placePath } from '../object-address.ts';
import { visible } from '../visible.ts';
import { compareContents } from './compare-contents.ts';
import { ImportFindings, type LeftOut, leftOutNote } from './import-findings.ts';
import { SeenNames } from './seen-names.ts';
import { columnsOf, keepColumns, type SourceColumns } from './source-columns.ts';

export interface FolderSource extends SourceUse {
  /** Or an archive. */
  readonly folder: string;
  /** How files beside the images of archives are read; by default as before, or by their usual names. */
  readonly columns?: SourceColumns | undefined;
}

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

/** Images that are recorded together; within such a batch ids follow the order of names. */
export const SCANNED_AT_ONCE = 2048;

export interface ImportOptions extends LookingFor {
  readonly signal?: AbortSignal;
  readonly onProgress?: (files: number) => void;
  /** Its images are being looked for in a new place: if none is there, it is the wrong place. */
  readonly isMoved?: boolean;
}

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
    const looking = new Looking({ ...source, folder, columns, setting }, isArchive, {
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

/** Images recorded together; `read` is set on the last batch of an archive. */
interface Batch {
  readonly images: ImageInput[];
  readonly read?: ArchiveRead;
}

/** A file of a new folder has no place among known ones. */
type ToLookAt = Walked | OtherFile;

/**
 * One pass over a folder. In a new one all files are opened; in a known one only those that are not the known version.
 */
class Looking {
  readonly findings = new ImportFindings();
  /** Of the problems, those that say nothing about the files themselves. */
  readonly unreachable: string[] = [];
  /** Images so far, including unchanged known ones. */
  images = 0;
  readonly #folder: string;
  readonly #source: FolderSource;
  readonly #kind: FolderSource['kind'];
  readonly #setting: LabelSetting;
  readonly #options: ImportOptions;
  /** Archives to read, in the order in which they were found. */
  #archives: string[] = [];
  /** Archives of which some images may already be known. */
  #begun: ReadonlySet<string> = new Set();
  readonly #patience = new Patience();
  /** With their place among the files of a known folder. */
  readonly #problems: (FileProblem & { readonly place: number })[] = [];
  #files = 0;
  #toLookAt: AsyncIterable<ToLookAt>;

  constructor(source: FolderSource & { readonly setting: LabelSetting }, isArchive: boolean, options: ImportOptions) {
    this.#folder = source.folder;
    this.#source = source;
    this.#setting = source.setting;
    this.#kind = source.kind;
    this.#options = options;
    if (isArchive) this.#archives.push('');
    this.#toLookAt = isArchive ? nothing() : walkFolder(source.folder, this.#patience, options);
  }

  get problems(): FileProblem[] {
    const inOrder = this.#problems.toSorted((a, b) => a.place - b.place);
    return inOrder.map(({ relativePath, reason }) => ({ relativePath, reason }));
  }

  outcome() {
    const { images, problems, unreachable, findings } = this;
    return { images, problems, unreachable, classes: findings.classes, leftOut: findings.leftOut };
  }

  /** Only lists files, without opening them. */
  async meet(known: MetFiles, sourceId: number): Promise<MetFiles> {
    for await (const part of meetFiles(this.#folder, this.#patience, this.#options.signal, this.#options)) {
      const files: MetFile[] = [];
      for (const one of part) {
        if (one.kind === 'file') files.push(one);
        else if (one.kind === 'folder' || one.kind === 'leftOut' || one.kind === 'archive') this.#setAside(one);
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

  /** Archives unchanged since they were read, which are not read again. */
  async meetArchives(database: Database, sourceId: number): Promise<KnownArchive[]> {
    const known = await knownArchives(database, sourceId);
    this.#begun = new Set(known.keys());
    const toRead: string[] = [];
    const same: KnownArchive[] = [];
    for (const archive of this.#archives) {
      const before = known.get(archive);
      const now = before && (await versionNow(pathIn(this.#folder, archive)));
      // An archive that was not read completely has no recorded size.
      if (before && now?.bytes === before.bytes && now.modifiedMs === before.modifiedMs) same.push(before);
      else toRead.push(archive);
    }
    this.#archives = toRead;
    for (const { archive } of same) {
      for (const problem of await problemsInArchive(database, sourceId, archive)) this.#keepProblem(problem);
    }
    let files = 0;
    for (const [className, images] of await countInArchives(database, same)) {
      files += images;
      if (this.#kind === 'labelled') this.#count(className, images);
    }
    this.images += files;
    this.#tell(files);
    return same;
  }

  /**
   * Yields the images to record, in batches of `SCANNED_AT_ONCE` present images: the batches determine the ids of new
   * images, and must not depend on which of the others were opened.
   */
  async *batches(): AsyncGenerator<Batch, void> {
    for await (const images of this.#fileBatches()) yield { images };
    // Archives found among the files.
    for (const archive of this.#archives) yield* this.#archiveBatches(archive);
  }

  async *#archiveBatches(archive: string): AsyncGenerator<Batch, void> {
    const { signal } = this.#options;
    const isNew = !this.#begun.has(archive);
    // Of two entries with the same name the later one counts, as when unpacking.
    let batch = new Map<string, ImageInput>();
    const names = new SeenNames();
    const scan = scanArchive(this.#folder, archive, {
      ...{ signal, patience: this.#patience, columns: this.#source.columns },
      onAside: (aside) => this.#setAside(aside),
    });
    for await (const entry of scan) {
      if (entry.kind === 'archiveRead') {
        yield { images: [...batch.values()], read: entry };
        return;
      }
      this.#tell(1);
      const isAgain = entry.kind === 'image' && names.isAgain(entry.relativePath);
      const image = this.#imageOf(entry, this.#files, isAgain);
      if (!image) continue;
      if (!isAgain) this.images++;
      batch.set(image.relativePath, isNew && !isAgain ? { ...image, id: null } : image);
      if (batch.size < SCANNED_AT_ONCE) continue;
      yield { images: [...batch.values()] };
      batch = new Map();
    }
    if (batch.size > 0) yield { images: [...batch.values()] };
  }

  async *#fileBatches(): AsyncGenerator<ImageInput[], void> {
    const { signal, clips } = this.#options;
    let [batch, number, looked, recorded]: [ImageInput[], number, number, number] = [[], 0, 0, 0];
    const looking = lookedAt(this.#folder, this.#toLookAt, {
      ...{ signal, clips, patience: this.#patience },
      onAside: (aside) => this.#setAside(aside),
    });
    for await (const { found, entry } of looking) {
      const place = 'place' in found ? found.place : looked;
      // The earlier files that did not have to be opened are images.
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

  /** Undefined for a file that is not an image, which is recorded as a problem. */
  #imageOf(entry: ScanEntry, place: number, isAgain = false): ImageInput | undefined {
    if (entry.kind !== 'image') {
      this.#passOver(entry, place);
      return undefined;
    }
    const { place: own, facts, ...file } = entry;
    if (own) return this.#entryOf(file, own, isAgain, facts);
    const className = this.#kind === 'labelled' ? classOf(entry.relativePath) : null;
    if (className === undefined) {
      const reason = 'lies beside the class folders: move it into the folder of its class';
      this.#passOver({ kind: 'problem', relativePath: entry.relativePath, reason }, place);
      return undefined;
    }
    if (className !== null) this.findings.image(className);
    return { ...file, className };
  }

  #entryOf(
    file: Omit<ImageInput, 'className'>,
    entry: EntryPlace,
    isAgain: boolean,
    { label, labels, tags, caption }: SampleFacts = NO_FACTS,
  ): ImageInput {
    const image = { ...file, entry, tags, caption };
    if (this.#kind === 'unlabelled') return { ...image, className: null };
    const folder = classInArchive(file.relativePath, entry.archive);
    const several = labels.length > 0 ? labels : folder === undefined ? [] : [folder];
    const own = this.#setting === 'several' ? several : undefined;
    const className = (own ? own[0] : (label ?? folder)) ?? null;
    if (!isAgain) for (const name of own && own.length > 0 ? own : [className]) this.#count(name, 1);
    const split = className === null ? null : (this.#source.split ?? 'train');
    return { ...image, className, split, ...(own && { classNames: own }) };
  }

  /** For a labelled source. */
  #count(className: string | null, images: number): void {
    if (className === null) this.findings.withoutClass(images);
    else this.findings.image(classNameOf(className), images);
  }

  #keepProblem(problem: FileProblem): void {
    this.#problems.push({ ...problem, place: this.#files });
  }

  #passOver(passed: Passed, place: number): void {
    const { kind, relativePath, reason } = passed;
    this.#problems.push({ relativePath, reason, place });
    if (kind === 'unreachable') this.unreachable.push(relativePath);
  }

  #setAside(aside: Aside): void {
    if (aside.kind === 'leftOut') this.findings.leaveOut(aside);
    else if (aside.kind === 'archive') this.#archives.push(aside.relativePath);
    else if (this.#kind === 'labelled' && !aside.relativePath.includes('/'))
      this.findings.classFolder(aside.relativePath);
  }

  #tell(files: number): void {
    this.#files += files;
    if (files > 0) this.#options.onProgress?.(this.#files);
  }
}

/** The top-level folder of the image's path; undefined if it is in none. */
function classOf(relativePath: string): string | undefined {
  const end = relativePath.replace(/\/$/, '').indexOf('/');
  return end < 0 ? undefined : classNameOf(relativePath.slice(0, end));
}

/** The top-level folder of the path, not counting the archive itself. */
function classInArchive(relativePath: string, archive: string): string | undefined {
  const outside = archive.split('/').slice(0, -1);
  const inside = relativePath.slice(archive === '' ? 0 : archive.length + 1).split('/');
  return [...outside, ...inside.slice(0, -1)][0];
}

const NO_FACTS: SampleFacts = { label: null, labels: [], tags: [], caption: null };

async function* nothing(): AsyncGenerator<Walked, void> {}

function emptyMessage(folder: string, source: FolderSource, { problems, findings }: Looking): string {
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
