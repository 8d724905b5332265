/**
 * One pass over a folder or an archive: what is new or changed is opened, in batches that are recorded together; what is
 * passed over keeps its reason.
 */
import { countInArchives, type KnownArchive, knownArchives, problemsInArchive } from '../catalogue/archives.ts';
import { classNameOf } from '../catalogue/class-names.ts';
import type { Database } from '../catalogue/database.ts';
import type { LabelSetting } from '../catalogue/label-setting.ts';
import type { MetFiles, OtherFile } from '../catalogue/met-files.ts';
import type { FileProblem, ImageInput } from '../catalogue/record-scan.ts';
import type { SourceUse } from '../catalogue/source-use.ts';
import { type MetFile, meetFiles } from '../images/meet-files.ts';
import { versionNow } from '../images/open-source-file.ts';
import { Patience } from '../images/patience.ts';
import type { SampleFacts } from '../images/sample-facts.ts';
import { lookedAt, type ScanEntry } from '../images/scan.ts';
import { type ArchiveRead, type EntryPlace, scanArchive } from '../images/scan-archive.ts';
import { type Aside, type LookingFor, type Passed, type Walked, walkFolder } from '../images/walk-folder.ts';
import { pathIn } from '../object-address.ts';
import { classInArchive, classOf } from './class-in-path.ts';
import { ImportFindings } from './import-findings.ts';
import { SeenNames } from './seen-names.ts';
import type { SourceColumns } from './source-columns.ts';

export interface FolderSource extends SourceUse {
  /** Or an archive. */
  readonly folder: string;
  /** How files beside the images of archives are read; by default as before, or by their usual names. */
  readonly columns?: SourceColumns | undefined;
}

/** Images that are recorded together; within such a batch ids follow the order of names. */
export const SCANNED_AT_ONCE = 2048;

export interface ImportOptions extends LookingFor {
  readonly signal?: AbortSignal;
  readonly onProgress?: (files: number) => void;
  /** Its images are being looked for in a new place: if none is there, it is the wrong place. */
  readonly isMoved?: boolean;
}

/** Images recorded together; `read` is set on the last batch of an archive. */
export interface Batch {
  readonly images: ImageInput[];
  readonly read?: ArchiveRead;
}

/** A file of a new folder has no place among known ones. */
type ToLookAt = Walked | OtherFile;

/**
 * In a new one all files are opened; in a known one only those that are not the known version.
 */
export class FolderPass {
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

const NO_FACTS: SampleFacts = { label: null, labels: [], tags: [], caption: null };

async function* nothing(): AsyncGenerator<Walked, void> {}
