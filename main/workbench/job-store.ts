/**
 * The records of jobs in one folder, a JSON file each, written atomically. A file that cannot be read is passed over: a
 * damaged history must not keep a project from opening.
 */
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TEMPORARY_SUFFIX, writeTextAtomically } from '../atomic-file.ts';
import { type JobRecord, jobRecordSchema } from './job-record.ts';

export class JobStore {
  readonly #folder: string;
  /** What is to be written next, by id; only the last of several waiting states is written. */
  readonly #waiting = new Map<string, () => JobRecord | null>();
  #writing: Promise<void> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What a killed process left half-written; only for whoever owns the project. */
  async removeLeftovers(): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of names) if (name.endsWith(TEMPORARY_SUFFIX)) await rm(join(this.#folder, name), { force: true });
  }

  /** All that can be read, the oldest first. */
  async read(): Promise<JobRecord[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const records: JobRecord[] = [];
    for (const name of names) {
      const path = join(this.#folder, name);
      const record = name.endsWith('.json') ? await readRecord(path) : undefined;
      if (record && name === fileName(record.id)) records.push(record);
    }
    return records.sort((a, b) => a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id));
  }

  /** Writes what `current` says when its turn comes; null removes the record. */
  keep(id: string, current: () => JobRecord | null): void {
    this.#waiting.set(id, current);
    this.#writing ??= this.#writeAll().finally(() => {
      this.#writing = undefined;
    });
  }

  /** Resolves when everything is on the disk. */
  async flushed(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    for (let next = first(this.#waiting); next; next = first(this.#waiting)) {
      const [id, current] = next;
      this.#waiting.delete(id);
      const record = current();
      const path = join(this.#folder, fileName(id));
      try {
        if (record) {
          await mkdir(this.#folder, { recursive: true });
          await writeTextAtomically(path, `${JSON.stringify(record)}\n`);
        } else {
          await rm(path, { force: true });
        }
      } catch {
        // A full disk or a folder that is gone: the work itself meets the same and says so; the history is not worth more.
      }
    }
  }
}

function first<Key, Value>(map: Map<Key, Value>): [Key, Value] | undefined {
  const [entry] = map;
  return entry;
}

function fileName(id: string): string {
  return `${id}.json`;
}

async function readRecord(path: string): Promise<JobRecord | undefined> {
  try {
    return jobRecordSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}
