/**
 * What a project knows about its images: where they are, which class the user or a folder gave them, which split they
 * are in, what is wrong with them. Originals are never written to. Image ids are small integers that are never reused.
 */
import { at } from '../at.ts';
import { addSource, placeOfSource, type SourceInput, type SourcePlace } from './add-source.ts';
import { type ArchiveVersion, recordArchive } from './archives.ts';
import { readClasses } from './classes.ts';
import { countedImages } from './counted-images.ts';
import { type Database, literal, type RowValues } from './database.ts';
import type { PairList } from './decisions.ts';
import { fewImages } from './few-images.ts';
import { IMAGES_WITH_PLACES, type ImageFile, PLACE_COLUMNS, type PlacedImage, placedOf } from './image-paths.ts';
import { PROBLEMS } from './image-windows.ts';
import { type LabelSetting, readLabelSetting } from './label-setting.ts';
import {
  beginScan,
  finishScan,
  type ImageInput,
  noteSharedFiles,
  recordImages,
  type ScanOutcome,
} from './record-scan.ts';
import { Remembered } from './remembered.ts';
import { severalLabelled } from './several-labelled.ts';
import type { Split } from './source-use.ts';
import { type HeldOutShare, splitTrain } from './split-train.ts';
import { type CatalogueSummary, summarise } from './summarise.ts';

export interface LabelledIds {
  /** Each image once. */
  readonly imageIds: Int32Array;
  /** The class of each image; the first one if it has several. */
  readonly classIds: Int32Array;
  /** For projects with several classes per image: all classes beyond the first, sorted by image, then class. */
  readonly further?: PairList;
}

/** Columns of equal length, one row per image. */
export interface FileVersions {
  readonly imageIds: Int32Array;
  readonly bytes: Float64Array;
  readonly modifiedMs: Float64Array;
  /** Index into `formats`. */
  readonly format: Int32Array;
  readonly formats: readonly string[];
}

/** Applies to one version of an image's file. */
export interface ImageProblem {
  readonly id: number;
  readonly reason: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

const FILES_AT_ONCE = 8192;

const between = (first: number, last: number) => `images.id BETWEEN ${first} AND ${last}`;

export class Catalogue {
  readonly #database: Database;
  readonly #projectDirectory: string;
  readonly #remembered: Remembered;

  constructor(database: Database, projectDirectory: string) {
    this.#database = database;
    this.#projectDirectory = projectDirectory;
    this.#remembered = new Remembered(database);
  }

  /**
   * Returns the source's id; the same folder added again is the same source. Throws if it was added for another use.
   */
  async addSource(source: SourceInput): Promise<number> {
    return await addSource(this.#database, this.#projectDirectory, source);
  }

  /** Where the folder is among the sources. Throws as `addSource` does. */
  async placeOfSource(source: SourceInput): Promise<SourcePlace> {
    return await placeOfSource(this.#database, this.#projectDirectory, source);
  }

  /**
   * Runs one scan of a source: the images that `work` records are present. At the end, images that were not encountered
   * are marked missing, and the scan's problems and notes replace those of the previous one.
   */
  async scan(
    sourceId: number,
    work: (record: (images: Iterable<ImageInput>, read?: ArchiveVersion) => Promise<void>) => Promise<ScanOutcome>,
  ): Promise<void> {
    const database = this.#database;
    await database.isolated(async () => {
      await beginScan(database);
      try {
        const outcome = await work(async (images, read) => {
          await recordImages(database, sourceId, images);
          if (read) await recordArchive(database, sourceId, read);
        });
        await finishScan(database, sourceId, outcome);
      } catch (error) {
        // What was recorded so far stays; the first error is the one to report.
        await noteSharedFiles(database).catch(() => {});
        throw error;
      }
      await noteSharedFiles(database);
    });
  }

  /**
   * Clears problems of images that can be read after all, for instance by a newer decoder, so that they are used again.
   */
  async forgetImageProblems(canBeRead: (id: number) => boolean): Promise<void> {
    const broken = await this.#database.integers('SELECT id FROM images WHERE problem IS NOT NULL AND NOT missing');
    const healed = broken.filter(canBeRead);
    if (healed.length === 0) return;
    await this.#database.withChosen(healed, () =>
      this.#database.run('UPDATE images SET problem = NULL WHERE id IN (SELECT id FROM chosen)'),
    );
  }

  /** Images whose pixels turned out to be unreadable are no longer used until their file changes. */
  async recordImageProblems(problems: readonly ImageProblem[]): Promise<void> {
    const database = this.#database;
    await database.isolated(async () => {
      await database.run(
        'CREATE OR REPLACE TEMP TABLE broken(id BIGINT, reason VARCHAR, bytes BIGINT, modified_ms DOUBLE)',
      );
      const rows = problems.map(({ id, reason, bytes, modifiedMs }): RowValues => [id, reason, bytes, modifiedMs]);
      await database.append('broken', ['bigint', 'text', 'bigint', 'double'], rows);
      await database.run(
        `UPDATE images SET problem = broken.reason FROM broken WHERE broken.id = images.id AND problem IS DISTINCT FROM broken.reason
           AND broken.bytes = images.bytes AND broken.modified_ms = images.modified_ms`,
      );
      await database.run('DROP TABLE broken');
    });
  }

  /** Everything that could not be read: files that are not images, and images whose pixels are broken. */
  async problems(): Promise<{ path: string; reason: string }[]> {
    const rows = await this.#database.rows(`SELECT path, reason FROM ${PROBLEMS} ORDER BY path`);
    return rows.map(({ path, reason }) => ({ path: String(path), reason: String(reason) }));
  }

  /** Ordered by id: initially alphabetical, later classes after them; merged ones are left out; never renumbered. */
  async classes(): Promise<{ id: number; name: string }[]> {
    return (await readClasses(this.#database)).map(({ id, name }) => ({ id, name }));
  }

  /** How many classes an image may have. */
  async labelSetting(): Promise<LabelSetting> {
    return await this.#remembered.answer('label setting', () => readLabelSetting(this.#database));
  }

  /** Sorted by image id; each file once, held-out before training. */
  async labelledImages(split: Split): Promise<LabelledIds> {
    return await this.#remembered.answer(`labelled ${split}`, async () => {
      if ((await this.labelSetting()) === 'several') return await severalLabelled(this.#database, split);
      const [imageIds, classIds] = await this.#database.columns(
        [Int32Array, Int32Array],
        `SELECT id, class_id FROM ${await countedImages(this.#database)} counted JOIN current_labels ON image_id = id
         WHERE kind = 'labelled' AND split = ${literal(split)} ORDER BY id`,
      );
      return { imageIds, classIds };
    });
  }

  /** Sorted. Excludes files that are also labelled images. */
  async unlabelledImages(): Promise<Int32Array> {
    return await this.#remembered.answer('unlabelled', async () => {
      const counted = await countedImages(this.#database);
      return await this.#database.integers(`SELECT id FROM ${counted} counted WHERE kind = 'unlabelled' ORDER BY id`);
    });
  }

  async countUnlabelled(): Promise<number> {
    return await this.#remembered.answer('unlabelled count', async () => {
      const counted = await countedImages(this.#database);
      return await this.#database.number(`SELECT count(*)::INTEGER FROM ${counted} counted WHERE kind = 'unlabelled'`);
    });
  }

  /**
   * Sorted: the images of unlabelled sources, including those labelled by hand since. The leak guards compare these, so
   * that a copy of a hand-labelled image is still recognised as a copy.
   */
  async imagesOfUnlabelledSources(): Promise<Int32Array> {
    return await this.#remembered.answer('of unlabelled sources', async () => {
      const counted = await countedImages(this.#database);
      return await this.#database.integers(
        `SELECT id FROM ${counted} counted WHERE source_kind = 'unlabelled' ORDER BY id`,
      );
    });
  }

  /** The images that `eachImage` yields. */
  async countPresent(): Promise<number> {
    return await this.#database.number('SELECT count(*) FROM images WHERE NOT missing');
  }

  /**
   * Yields image files in order of id, leaving out missing ones: all, or only `ids`. A few thousand are held in memory
   * at a time. Each batch is queried by id range alone, the order of rows in the table, so that nothing is read twice.
   */
  async *eachImage(options: { readonly ids?: Int32Array } = {}): AsyncGenerator<ImageFile> {
    if (options.ids === undefined) {
      const last = await this.#database.number('SELECT coalesce(max(id), -1) FROM images');
      for (let first = 0; first <= last; first += FILES_AT_ONCE) {
        yield* await this.#files(between(first, first + FILES_AT_ONCE - 1));
      }
      return;
    }
    const sorted = options.ids.toSorted();
    for (let first = 0; first < sorted.length; first += FILES_AT_ONCE) {
      const chosen = sorted.subarray(first, first + FILES_AT_ONCE);
      const place = between(at(chosen, 0), at(chosen, chosen.length - 1));
      yield* await this.#database.withChosen(chosen, () =>
        this.#files(`${place} AND images.id IN (SELECT id FROM chosen)`),
      );
    }
  }

  /**
   * For sorted ids, missing ones left out: the columns that distinguish versions of the files, for many images at once.
   */
  async fileVersions(ids: Int32Array): Promise<FileVersions> {
    const formats = await this.#database.rows('SELECT DISTINCT format FROM images ORDER BY format');
    const names = formats.map(({ format }) => String(format));
    const place = names.map((name, index) => `WHEN ${literal(name)} THEN ${index}`).join(' ');
    const [imageIds, bytes, modifiedMs, format] = await this.#database.withChosen(ids, () =>
      this.#database.columns(
        [Int32Array, Float64Array, Float64Array, Int32Array],
        `SELECT id, bytes, modified_ms, CASE format ${place || 'WHEN NULL THEN 0'} ELSE -1 END FROM images
         WHERE NOT missing AND id IN (SELECT id FROM chosen) ORDER BY id`,
      ),
    );
    return { imageIds, bytes, modifiedMs, format, formats: names };
  }

  async #files(condition: string): Promise<ImageFile[]> {
    const rows = await this.#database.rows(
      `SELECT images.id, format, ${PLACE_COLUMNS} FROM ${IMAGES_WITH_PLACES}
       WHERE NOT missing AND ${condition} ORDER BY images.id`,
    );
    return rows.map((row) => ({ id: Number(row.id), format: String(row.format), ...placedOf(row) }));
  }

  /** Holds out a share of the labelled training images for validation if the project has no validation images. */
  async splitTrain({ seed, ...share }: HeldOutShare & { readonly seed: number }): Promise<void> {
    await splitTrain(this.#database, await this.labelledImages('train'), share, seed);
  }

  /**
   * The median short side of all images, including ones that turn out to be broken: it must not change during a run.
   */
  async medianImageSizePx(): Promise<number> {
    return await this.#remembered.answer('median size', () =>
      this.#database.number(
        'SELECT coalesce(median(least(width_px, height_px)), 0)::INTEGER FROM images WHERE NOT missing',
      ),
    );
  }

  /** At most `count` images that show what the project is about. */
  async fewImages(count: number): Promise<readonly PlacedImage[]> {
    return await this.#remembered.answer(`few ${count}`, () => fewImages(this.#database, count));
  }

  async summary(): Promise<CatalogueSummary> {
    return await this.#remembered.answer('summary', () => summarise(this.#database));
  }
}
