/**
 * Takes a folder into the catalogue: a labelled one, whose first-level sub-folders are the classes, or an unlabelled one,
 * nested as it is. Archives in it, or one in its place, are read as they lie; what lies beside their images says the classes.
 * What cannot be read is listed with its reason and never stops the import.
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
  /** What is read beside the images of archives; as it was before, or by their usual names, where absent. */
  readonly columns?: SourceColumns | undefined;
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

export interface ImportOptions extends LookingFor {
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
  const folder = placePath(source.folder);
  await requireKnownFolder(project, folder);
  const isArchive = await requireSource(folder);
  if (isArchive && project.clipFrames !== undefined) {
    throw new FolderWithoutImages(`No clips are looked for in archives: unpack ${folder}, and add the folder.`);
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
      // A new folder without a single image leaves no trace, so the source is added only once the first rows are there.
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

/** What is known of the source now that its images are. */
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

/** A folder that holds images of the project and is away is to be connected, not to be typed in otherwise. */
async function requireKnownFolder({ database }: Project, folder: string): Promise<void> {
  const known = await isPresentSource(database, folder);
  const place = sourcePlace(folder);
  const why = known ? await place.whyAway() : undefined;
  if (why !== undefined) throw new SourceAway(awayMessage(place, why));
}

/** Images that are recorded together; `read`: with them an archive comes to its end. */
interface Batch {
  readonly images: ImageInput[];
  readonly read?: ArchiveRead;
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
  readonly #source: FolderSource;
  readonly #kind: FolderSource['kind'];
  readonly #setting: LabelSetting;
  readonly #options: ImportOptions;
  /** To be read, in the order in which they were met. */
  #archives: string[] = [];
  /** Those of which images may be known. */
  #begun: ReadonlySet<string> = new Set();
  readonly #patience = new Patience();
  /** With where they come among the files of a known folder. */
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

  /** Asks the system alone. */
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

  /** Those that are as they were when they were read: they are not read again. */
  async meetArchives(database: Database, sourceId: number): Promise<KnownArchive[]> {
    const known = await knownArchives(database, sourceId);
    this.#begun = new Set(known.keys());
    const toRead: string[] = [];
    const same: KnownArchive[] = [];
    for (const archive of this.#archives) {
      const before = known.get(archive);
      const now = before && (await versionNow(pathIn(this.#folder, archive)));
      // One that was not read to its end has no size.
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
   * The images to record, `SCANNED_AT_ONCE` of those that are there at a time: which ones are recorded together decides the
   * ids of new ones, and does not depend on what of the others was looked at.
   */
  async *batches(): AsyncGenerator<Batch, void> {
    for await (const images of this.#fileBatches()) yield { images };
    // Met while the files were looked at.
    for (const archive of this.#archives) yield* this.#archiveBatches(archive);
  }

  async *#archiveBatches(archive: string): AsyncGenerator<Batch, void> {
    const { signal } = this.#options;
    const isNew = !this.#begun.has(archive);
    // One of two entries of one name is the later one, as whoever unpacks the archive has it.
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

  /** Of a labelled source. */
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

/** The first folder on the way to the image; undefined for an image that lies in none. */
function classOf(relativePath: string): string | undefined {
  const end = relativePath.replace(/\/$/, '').indexOf('/');
  return end < 0 ? undefined : classNameOf(relativePath.slice(0, end));
}

/** The first folder on the way, which the archive itself is not. */
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
  // The archive that was given in the place of a folder.
  if (example.relativePath === '') return `${folder} ${example.reason}: nothing was added.`;
  const what =
    problems.length === 1
      ? `The one file in ${folder} cannot`
      : `None of the ${problems.length.toLocaleString('en')} files in ${folder} can`;
  return `${what} be used (${visible(example.relativePath)}: ${example.reason}): nothing was added; give ${wanted}.`;
}
