/**
 * Locations of images, requested one by one and looked up in batches: a screen of pictures is dozens of requests at
 * once, and one query for all takes as long as a query for one. Results are cached until something in the catalogue
 * changes.
 */
import type { Database } from './database.ts';
import { type ImageFile, readImageFiles } from './image-paths.ts';

/** A few bytes each; beyond this the whole cache is dropped. */
const MOST_REMEMBERED = 20_000;
/** Longer lists of ids are split into several queries. */
const MOST_AT_ONCE = 500;

interface Asked {
  readonly id: number;
  resolve(file: ImageFile | undefined): void;
  reject(error: unknown): void;
}

export class ImageFiles {
  readonly #database: Database;
  readonly #known = new Map<number, ImageFile>();
  #waiting: Asked[] = [];
  #asking = false;
  #change = -1;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Undefined when the project has no such image. */
  async of(id: number): Promise<ImageFile | undefined> {
    this.#forgetWhatChanged();
    const known = this.#known.get(id);
    if (known) return known;
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ id, resolve, reject });
      if (!this.#asking) void this.#ask();
    });
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    // Collect the requests made in the same tick.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const asked = this.#waiting.splice(0, MOST_AT_ONCE);
      const change = this.#database.changes;
      try {
        // Independent of the first caller: its transaction must not affect the others.
        const found = await this.#database.outside(() =>
          readImageFiles(
            this.#database,
            asked.map(({ id }) => id),
          ),
        );
        if (change === this.#database.changes) this.#remember(found);
        for (const { id, resolve } of asked) resolve(found.get(id));
      } catch (error) {
        for (const { reject } of asked) reject(error);
      }
    }
    this.#asking = false;
  }

  #remember(found: ReadonlyMap<number, ImageFile>): void {
    this.#forgetWhatChanged();
    if (this.#known.size + found.size > MOST_REMEMBERED) this.#known.clear();
    for (const [id, file] of found) this.#known.set(id, file);
  }

  #forgetWhatChanged(): void {
    if (this.#change === this.#database.changes) return;
    this.#known.clear();
    this.#change = this.#database.changes;
  }
}
