/**
 * What a project knows of its images: where they are, which class a person or a folder gave them, which split they are in,
 * what is wrong with them. Originals are only read. Image ids are small integers that are never used again.
 */
import { resolve, sep } from 'node:path';
import { ExpectedFailure } from '../failure.ts';
import { mix32 } from '../random.ts';
import { type Database, literal, type RowValues } from './database.ts';

export type Split = 'train' | 'val' | 'test';

export interface SourceInput {
  readonly kind: 'labelled' | 'unlabelled';
  readonly folder: string;
  readonly split: Split | null;
}

export interface ImageInput {
  readonly relativePath: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly format: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly className: string | null;
}

export interface LabelledIds {
  readonly imageIds: Int32Array;
  readonly classIds: Int32Array;
}

export interface ImageFile {
  readonly id: number;
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

export interface CatalogueSummary {
  readonly sources: readonly {
    readonly kind: string;
    readonly folder: string;
    readonly split: string | null;
    readonly images: number;
    readonly missing: number;
    readonly problems: number;
  }[];
  readonly classes: readonly { readonly name: string; readonly train: number; readonly heldOut: number }[];
}

export class SourceOverlapsProject extends ExpectedFailure {}
export class SourceHasOtherUse extends ExpectedFailure {}

export class Catalogue {
  readonly #database: Database;
  readonly #projectDirectory: string;

  constructor(database: Database, projectDirectory: string) {
    this.#database = database;
    this.#projectDirectory = projectDirectory;
  }

  /** The source's id; the same folder added again is the same source. */
  async addSource({ kind, folder, split }: SourceInput): Promise<number> {
    const path = resolve(folder);
    if (contains(path, this.#projectDirectory) || contains(this.#projectDirectory, path)) {
      throw new SourceOverlapsProject(
        `The folder ${path} and the project ${this.#projectDirectory} lie inside one another: keep the images outside the project folder.`,
      );
    }
    const [known] = await this.#database.rows('SELECT id, kind, split FROM sources WHERE folder = ?', [path]);
    if (known) {
      if (known.kind === kind && known.split === split) return Number(known.id);
      throw new SourceHasOtherUse(
        `${path} was added before as ${known.kind}${known.split ? ` (${known.split})` : ''}: one folder has one use.`,
      );
    }
    const id = await this.#next('sources');
    await this.#database.run('INSERT INTO sources VALUES (?, ?, ?, ?)', [id, kind, path, split]);
    return id;
  }

  /** Begins a scan of a source: what is recorded until `finishScan` is what is there. */
  async beginScan(): Promise<void> {
    await this.#database.run('CREATE OR REPLACE TEMP TABLE seen(relative_path VARCHAR)');
  }

  /** Records what a scan found: new images get an id, changed ones keep theirs, moved labels follow the folder. */
  async recordImages(sourceId: number, images: readonly ImageInput[]): Promise<void> {
    const database = this.#database;
    await database.run(
      'CREATE OR REPLACE TEMP TABLE scanned(relative_path VARCHAR, width_px INTEGER, height_px INTEGER, format VARCHAR, bytes BIGINT, modified_ms DOUBLE, class_name VARCHAR)',
    );
    const types = ['text', 'integer', 'integer', 'text', 'bigint', 'double', 'text'] as const;
    await database.append('scanned', types, images.map(scannedRow));
    await database.transaction(async () => {
      await database.run(
        `UPDATE images SET bytes = s.bytes, modified_ms = s.modified_ms, width_px = s.width_px, height_px = s.height_px,
           format = s.format, missing = false,
           problem = CASE WHEN images.bytes = s.bytes AND images.modified_ms = s.modified_ms THEN problem END
         FROM scanned s WHERE images.source_id = ? AND images.relative_path = s.relative_path`,
        [sourceId],
      );
      await database.run(
        `INSERT INTO images (id, source_id, relative_path, width_px, height_px, format, bytes, modified_ms, split)
         SELECT ? + row_number() OVER (ORDER BY s.relative_path) - 1, ?, s.relative_path, s.width_px, s.height_px, s.format,
           s.bytes, s.modified_ms, sources.split
         FROM scanned s JOIN sources ON sources.id = ?
         WHERE s.relative_path NOT IN (SELECT relative_path FROM images WHERE source_id = ?)`,
        [await this.#next('images'), sourceId, sourceId, sourceId],
      );
      await this.#recordFolderLabels(sourceId);
    });
    await database.run('INSERT INTO seen SELECT relative_path FROM scanned');
    await database.run('DROP TABLE scanned');
  }

  /** Ends a scan: images that it did not meet are marked missing, its problems replace those of the scan before. */
  async finishScan(
    sourceId: number,
    problems: readonly { readonly relativePath: string; readonly reason: string }[],
  ): Promise<void> {
    const database = this.#database;
    await database.transaction(async () => {
      await database.run(
        'UPDATE images SET missing = true WHERE source_id = ? AND relative_path NOT IN (SELECT relative_path FROM seen)',
        [sourceId],
      );
      await database.run('DELETE FROM file_problems WHERE source_id = ?', [sourceId]);
      const rows = problems.map(({ relativePath, reason }): RowValues => [sourceId, relativePath, reason]);
      await database.append('file_problems', ['integer', 'text', 'text'], rows);
    });
    await database.run('DROP TABLE seen');
  }

  /** Images whose pixels turned out to be unreadable are used no more until their file changes. */
  async recordImageProblems(problems: readonly { readonly imageId: number; readonly reason: string }[]): Promise<void> {
    for (const { imageId, reason } of problems) {
      await this.#database.run('UPDATE images SET problem = ? WHERE id = ? AND problem IS NULL', [reason, imageId]);
    }
  }

  /** Everything that could not be read: files that are no images, and images whose pixels are broken. */
  async problems(): Promise<{ path: string; reason: string }[]> {
    const rows = await this.#database.rows(
      `SELECT folder || '/' || relative_path AS path, reason FROM file_problems JOIN sources ON sources.id = source_id
       UNION ALL
       SELECT folder || '/' || relative_path, problem FROM images JOIN sources ON sources.id = source_id
       WHERE problem IS NOT NULL AND NOT missing ORDER BY 1`,
    );
    return rows.map(({ path, reason }) => ({ path: String(path), reason: String(reason) }));
  }

  async classes(): Promise<{ id: number; name: string }[]> {
    const rows = await this.#database.rows('SELECT id, name FROM classes ORDER BY id');
    return rows.map(({ id, name }) => ({ id: Number(id), name: String(name) }));
  }

  /** Sorted by image id. An image file that is in two sources counts once. */
  async labelledImages(split: Split): Promise<LabelledIds> {
    const [imageIds, classIds] = await this.#database.columns(
      `SELECT min(id), first(class_id ORDER BY id) FROM usable_images JOIN current_labels ON image_id = id
       WHERE kind = 'labelled' AND split = ${literal(split)} GROUP BY folder || '/' || relative_path ORDER BY 1`,
    );
    return { imageIds: Int32Array.from(imageIds ?? []), classIds: Int32Array.from(classIds ?? []) };
  }

  /** Sorted. A file that is also a labelled image is not among them: the guard against leaks begins with the path. */
  async unlabelledImages(): Promise<Int32Array> {
    return await this.#database.integers(
      `SELECT min(id) FROM usable_images WHERE kind = 'unlabelled' AND folder || '/' || relative_path NOT IN
         (SELECT folder || '/' || relative_path FROM usable_images WHERE kind = 'labelled')
       GROUP BY folder || '/' || relative_path ORDER BY 1`,
    );
  }

  /** Files in the order of their ids: all usable ones, or the chosen. */
  async *eachImage(options: { readonly ids?: Int32Array } = {}): AsyncGenerator<ImageFile> {
    const { ids } = options;
    const read = () =>
      this.#database.rows(
        `SELECT images.id, folder || '/' || relative_path AS path, bytes, modified_ms
         FROM images JOIN sources ON sources.id = source_id ${ids ? 'SEMI JOIN chosen ON chosen.id = images.id' : ''}
         WHERE NOT missing ORDER BY images.id`,
      );
    const rows = ids ? await this.#database.withChosen(ids, read) : await read();
    for (const { id, path, bytes, modified_ms } of rows) {
      yield { id: Number(id), path: String(path), bytes: Number(bytes), modifiedMs: Number(modified_ms) };
    }
  }

  /**
   * Holds out a share of the labelled training images for validation, where the project has no other. Which ones depends on
   * the seed and each image's own id, so that adding images later moves none of the old; per class, at least one image
   * stays in training.
   */
  async splitTrain({ fraction, seed }: { readonly fraction: number; readonly seed: number }): Promise<void> {
    const { imageIds, classIds } = await this.labelledImages('train');
    const byClass = new Map<number, number[]>();
    imageIds.forEach((id, index) => {
      const classId = classIds[index] ?? 0;
      byClass.set(classId, [...(byClass.get(classId) ?? []), id]);
    });
    const held: number[] = [];
    for (const ids of byClass.values()) {
      const shuffled = ids.sort((a, b) => mix32(a ^ mix32(seed)) - mix32(b ^ mix32(seed)));
      held.push(...shuffled.slice(0, Math.min(ids.length - 1, Math.round(ids.length * fraction))));
    }
    await this.#database.withChosen(Int32Array.from(held), async () => {
      await this.#database.run("UPDATE images SET split = 'val' WHERE id IN (SELECT id FROM chosen)");
    });
  }

  /** The median short side of all images, also of those that turn out to be broken: it must not change under a run. */
  async medianImageSizePx(): Promise<number> {
    const [median] = await this.#database.integers(
      'SELECT median(least(width_px, height_px))::INTEGER FROM images WHERE NOT missing',
    );
    return median ?? 0;
  }

  async summary(): Promise<CatalogueSummary> {
    const sources = await this.#database.rows(
      `SELECT kind, folder, split,
         (SELECT count(*) FROM images WHERE source_id = sources.id AND NOT missing AND problem IS NULL) AS images,
         (SELECT count(*) FROM images WHERE source_id = sources.id AND missing) AS missing,
         (SELECT count(*) FROM file_problems WHERE source_id = sources.id)
           + (SELECT count(*) FROM images WHERE source_id = sources.id AND problem IS NOT NULL) AS problems
       FROM sources ORDER BY id`,
    );
    const classes = await this.#database.rows(
      `SELECT name, count(*) FILTER (split = 'train') AS train, count(*) FILTER (split <> 'train') AS held_out
       FROM classes JOIN current_labels ON class_id = classes.id JOIN usable_images ON usable_images.id = image_id
       GROUP BY classes.id, name ORDER BY classes.id`,
    );
    return {
      sources: sources.map(({ kind, folder, split, images, missing, problems }) => ({
        kind: String(kind),
        folder: String(folder),
        split: split === null ? null : String(split),
        images: Number(images),
        missing: Number(missing),
        problems: Number(problems),
      })),
      classes: classes.map(({ name, train, held_out }) => ({
        name: String(name),
        train: Number(train),
        heldOut: Number(held_out),
      })),
    };
  }

  /** Labels are records: a folder that an image was moved to adds one, and the newest counts. */
  async #recordFolderLabels(sourceId: number): Promise<void> {
    const database = this.#database;
    await database.run(
      `INSERT INTO classes SELECT ? + row_number() OVER (ORDER BY class_name) - 1, class_name
       FROM (SELECT DISTINCT class_name FROM scanned WHERE class_name IS NOT NULL)
       WHERE class_name NOT IN (SELECT name FROM classes)`,
      [await this.#next('classes')],
    );
    await database.run(
      `INSERT INTO labels SELECT images.id, classes.id, 'folder', now()::TIMESTAMP
       FROM scanned JOIN images USING (relative_path) JOIN classes ON classes.name = scanned.class_name
       WHERE images.source_id = ? AND NOT EXISTS
         (SELECT 1 FROM current_labels c WHERE c.image_id = images.id AND c.class_id = classes.id)`,
      [sourceId],
    );
  }

  async #next(table: 'sources' | 'images' | 'classes'): Promise<number> {
    const [next] = await this.#database.integers(`SELECT coalesce(max(id) + 1, 0) FROM ${table}`);
    return next ?? 0;
  }
}

function scannedRow(image: ImageInput): RowValues {
  const { relativePath, widthPx, heightPx, format, bytes, modifiedMs, className } = image;
  return [relativePath, widthPx, heightPx, format, bytes, modifiedMs, className];
}

function contains(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);
}
