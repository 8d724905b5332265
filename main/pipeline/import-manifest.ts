/**
 * Imports a list of images (CSV, Parquet): images that it shares with other sources are taken over as they are known,
 * others are inspected, as are the archives that contain them; the annotations are those of its present rows.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { addManifest, findManifest } from '../catalogue/add-source.ts';
import { imagesInArchive, type KnownArchive, knownArchives } from '../catalogue/archives.ts';
import type { Database } from '../catalogue/database.ts';
import { realFolder } from '../catalogue/folder-relation.ts';
import { readLabelSetting } from '../catalogue/label-setting.ts';
import { type Listed, listManifest, openManifest } from '../catalogue/manifest.ts';
import {
  addNames,
  archivesToMeet,
  beginNames,
  chooseToMeet,
  filesToMeet,
  findElsewhere,
  forgetListed,
  keepImages,
  type ListedCounts,
  listedIn,
  nameListed,
  recordWhatIsListed,
  takeFromElsewhere,
} from '../catalogue/manifest-images.ts';
import { MetFiles, type OtherFile } from '../catalogue/met-files.ts';
import type { Project } from '../catalogue/project.ts';
import type { FileProblem, ImageInput } from '../catalogue/record-scan.ts';
import type { SourceUse } from '../catalogue/source-use.ts';
import { Interrupted } from '../failure.ts';
import { ImageUnreachable } from '../images/image-failures.ts';
import { meetNamed } from '../images/meet-files.ts';
import { copyObject } from '../images/object-storage.ts';
import { versionNow } from '../images/open-source-file.ts';
import { Patience } from '../images/patience.ts';
import { sourcePlace } from '../images/place.ts';
import { FolderUnreadable, lookedAt, type ScanEntry } from '../images/scan.ts';
import { type ArchiveRead, scanArchive } from '../images/scan-archive.ts';
import { isObjectAddress, pathIn } from '../object-address.ts';
import { visible } from '../visible.ts';
import { type ImportOptions, SCANNED_AT_ONCE } from './folder-pass.ts';
import { withoutClassText } from './import-findings.ts';
import { FolderWithoutImages, finishImport, type ImportedFolder } from './import-folder.ts';
import { columnsOf, keepColumns, type SourceColumns } from './source-columns.ts';

export interface ManifestSource extends SourceUse {
  /** The list's file, absolute. */
  readonly manifest: string;
  readonly columns?: SourceColumns | undefined;
}

/** How many missing files of a list are reported by name. */
const MOST_GONE_NAMED = 1000;

const ADDRESS = /^(https?|ftp|gs|data):/i;

/**
 * Throws `TableUnreadable`, `WrongUsage` for columns, `FolderWithoutImages` for a new list, `SourceAway`,
 * `Interrupted`.
 */
export async function importManifest(
  project: Project,
  { manifest: given, kind, split, columns: said }: ManifestSource,
  options: ImportOptions = {},
): Promise<ImportedFolder> {
  const { catalogue, database } = project;
  const source = { kind, split, manifest: await realFolder(given) };
  const found = await findManifest(database, source);
  const columns = await columnsOf(project, found?.id, said);
  const copy = await copyHere(source.manifest);
  const scanned = await database.isolated(async () => {
    try {
      const manifest = await openManifest(database, source.manifest, columns, copy?.file);
      const setting = await readLabelSetting(database);
      const listed = await listManifest(database, manifest, { ...source, setting }, found?.folder);
      const elsewhere = await findElsewhere(database, found?.id, listed);
      const looking = new Looking(database, listed, found?.id, options);
      options.onProgress?.(elsewhere);
      const met = await looking.meet();
      try {
        const batches = looking.batches(met);
        let batch = await batches.next();
        if (batch.done && elsewhere === 0 && looking.images === 0 && (!found || found.isRemoved || options.isMoved)) {
          throw new FolderWithoutImages(emptyMessage(source.manifest, listed, looking.problems));
        }
        const sourceId = await addManifest(database, source, listed.base);
        await keepColumns(database, sourceId, columns);
        let counts: ListedCounts = { images: 0, classes: new Map() };
        await catalogue.scan(sourceId, async (record) => {
          if (elsewhere > 0) await takeFromElsewhere(database, sourceId, listed.base);
          await met.keepKnown();
          for (; !batch.done; batch = await batches.next()) {
            const { images, read, kept } = batch.value;
            if (kept === undefined) await record(images, read);
            else await keepImages(database, kept);
          }
          if (listed.byKey) await nameListed(database);
          counts = await recordWhatIsListed(database, sourceId, source, setting);
          const { problems, unreachable } = looking;
          return {
            problems,
            unreachable,
            notes: [...listed.notes, ...looking.notes(), ...withoutClass(source, counts.classes)],
          };
        });
        const { problems, unreachable } = looking;
        const { images, classes } = counts;
        return { sourceId, images, problems, unreachable, leftOut: [], classes: named(classes) };
      } finally {
        await met.end();
      }
    } finally {
      await forgetListed(database);
      await copy?.remove();
    }
  });
  return await finishImport(project, scanned, options.signal);
}

/** Copies a list in an object storage to a file that the database can read; undefined for one on this machine. */
async function copyHere(manifest: string): Promise<{ readonly file: string; remove(): Promise<void> } | undefined> {
  if (!isObjectAddress(manifest)) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'understudy-list-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const file = join(folder, basename(manifest));
  try {
    await copyObject(manifest, file);
    return { file, remove };
  } catch (error) {
    await remove();
    if (!(error instanceof ImageUnreachable)) throw error;
    const why = (await sourcePlace(manifest).whyAway()) ?? `cannot be read now (${error.message})`;
    throw new FolderUnreadable(
      `The list ${visible(manifest)} ${why}: nothing was changed; try again when that is fixed.`,
    );
  }
}

function named(classes: ReadonlyMap<string | null, number>): ReadonlyMap<string, number> {
  return new Map([...classes].flatMap(([name, images]) => (name === null ? [] : [[name, images] as const])));
}

function withoutClass({ kind }: SourceUse, classes: ReadonlyMap<string | null, number>): string[] {
  const images = kind === 'labelled' ? (classes.get(null) ?? 0) : 0;
  return images === 0 ? [] : [withoutClassText(images)];
}

interface Batch {
  readonly images: ImageInput[];
  readonly read?: ArchiveRead;
  /** For an unchanged archive: everything the list names in it is known. */
  readonly kept?: readonly number[];
}

/** One pass over the images that a list names and no other source has. */
class Looking {
  readonly problems: FileProblem[] = [];
  readonly unreachable: string[] = [];
  images = 0;
  readonly #database: Database;
  readonly #listed: Listed;
  readonly #sourceId: number | undefined;
  readonly #options: ImportOptions;
  readonly #patience = new Patience();
  #archives: ReadonlyMap<string, KnownArchive> = new Map();
  #files = 0;
  #gone = 0;

  constructor(database: Database, listed: Listed, sourceId: number | undefined, options: ImportOptions) {
    this.#database = database;
    this.#listed = listed;
    this.#sourceId = sourceId;
    this.#options = options;
  }

  /** Only looks files up, without opening them. */
  async meet(): Promise<MetFiles> {
    const met = await MetFiles.begin(this.#database);
    const files = await chooseToMeet(this.#database);
    for await (const paths of filesToMeet(this.#database, files)) {
      for await (const some of meetNamed(this.#listed.base, paths, this.#patience, this.#options.signal)) {
        await met.add(some);
      }
    }
    for (const files of (await met.compare(this.#sourceId ?? -1)).values()) {
      this.images += files;
      this.#tell(files);
    }
    return met;
  }

  notes(): string[] {
    const unnamed = this.#gone - MOST_GONE_NAMED;
    if (unnamed <= 0) return [];
    return [`${unnamed.toLocaleString('en')} more files of the list are not there.`];
  }

  async *batches(met: MetFiles): AsyncGenerator<Batch, void> {
    let images: ImageInput[] = [];
    const { signal } = this.#options;
    const looking = lookedAt<OtherFile>(this.#listed.base, met.others(), { signal, patience: this.#patience });
    for await (const { found, entry } of looking) {
      this.#tell(1);
      if (!entry) this.#isGone(found.relativePath);
      const image = entry && this.#imageOf(entry);
      if (!image) continue;
      images.push({ ...image, id: found.id });
      if (images.length < SCANNED_AT_ONCE) continue;
      yield { images };
      images = [];
    }
    if (images.length > 0) yield { images };
    if (this.#sourceId !== undefined) this.#archives = await knownArchives(this.#database, this.#sourceId);
    await beginNames(this.#database);
    for (const archive of await archivesToMeet(this.#database)) yield* this.#archive(archive);
  }

  /** An unchanged archive is not read again, unless the list names more of it than is known. */
  async *#archive(archive: string): AsyncGenerator<Batch, void> {
    const { base, byKey } = this.#listed;
    const { signal } = this.#options;
    if (signal?.aborted) throw new Interrupted();
    const wanted = await listedIn(this.#database, archive);
    const names = new Map<string, string>();
    const kept = await this.#known(archive, wanted, names);
    if (kept !== undefined) {
      await addNames(this.#database, names);
      this.#tell(wanted.size);
      this.images += wanted.size;
      yield { images: [], kept };
      return;
    }
    names.clear();
    const missing = new Set(wanted);
    const images = new Map<string, ImageInput>();
    let read: ArchiveRead | undefined;
    for await (const entry of scanArchive(base, archive, { patience: this.#patience, signal })) {
      if (entry.kind === 'archiveRead') {
        read = entry;
        continue;
      }
      const name = byKey ? keyOf(entry.relativePath) : entry.relativePath;
      if (entry.kind !== 'image') {
        if (wanted.has(name) || entry.relativePath === archive) this.#imageOf(entry);
        continue;
      }
      if (!wanted.has(name)) continue;
      missing.delete(name);
      if (byKey) names.set(name, entry.relativePath);
      const image = this.#imageOf(entry);
      if (image) images.set(image.relativePath, image);
    }
    await addNames(this.#database, names);
    for (const path of missing) this.#isGone(path);
    this.#tell(wanted.size);
    yield { images: [...images.values()], ...(read && { read }) };
  }

  /**
   * The wanted images, if they can be determined without reading; full names are added to `names`, by the listed name.
   */
  async #known(
    archive: string,
    wanted: ReadonlySet<string>,
    names: Map<string, string>,
  ): Promise<readonly number[] | undefined> {
    const known = this.#archives.get(archive);
    const now = known && (await versionNow(pathIn(this.#listed.base, archive)));
    if (known === undefined || now?.bytes !== known.bytes || now.modifiedMs !== known.modifiedMs) return undefined;
    const ids: number[] = [];
    for (const [name, id] of await imagesInArchive(this.#database, known.id)) {
      const listed = this.#listed.byKey ? keyOf(name) : name;
      if (!wanted.has(listed)) continue;
      names.set(listed, name);
      ids.push(id);
    }
    return names.size === wanted.size ? ids : undefined;
  }

  #imageOf(entry: ScanEntry): ImageInput | undefined {
    if (entry.kind !== 'image') {
      this.problems.push({ relativePath: entry.relativePath, reason: entry.reason });
      if (entry.kind === 'unreachable') this.unreachable.push(entry.relativePath);
      return undefined;
    }
    this.images++;
    const { place, facts: _, ...file } = entry;
    return { ...file, className: null, split: null, ...(place && { entry: place }) };
  }

  #isGone(relativePath: string): void {
    if (++this.#gone > MOST_GONE_NAMED) return;
    const reason = ADDRESS.test(relativePath)
      ? 'is an address, and nothing is downloaded: list the path of a file of this machine'
      : 'the list names it, and it is not there';
    this.problems.push({ relativePath, reason });
  }

  #tell(files: number): void {
    this.#files += files;
    if (files > 0) this.#options.onProgress?.(this.#files);
  }
}

/** Everything before the first dot of the last path component. */
function keyOf(name: string): string {
  const dot = name.indexOf('.', name.lastIndexOf('/') + 1);
  return dot < 0 ? name : name.slice(0, dot);
}

function emptyMessage(manifest: string, { base, images }: Listed, problems: readonly FileProblem[]): string {
  const [example] = problems;
  if (images === 0) return `${manifest} names no image: nothing was added.`;
  const why = example ? ` (${visible(example.relativePath)}: ${example.reason})` : '';
  const what =
    images === 1
      ? `The one image that ${manifest} names cannot be used`
      : `None of the ${images.toLocaleString('en')} images that ${manifest} names can be used`;
  return `${what}${why}: nothing was added; paths are taken from ${base}.`;
}
