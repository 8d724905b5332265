/**
 * The records of jobs in one folder, a JSON file each with its checksum, written atomically. A damaged record is skipped and
 * reported: a damaged history must not keep a project from opening.
 */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TEMPORARY_SUFFIX } from '../../atomic-file.ts';
import { jobFileName, jobFiles, readJobFile, writeJobFile } from '../../catalogue/job-files.ts';
import type { JobRecord } from '../../catalogue/job-record.ts';
import { StoredDataDamaged } from '../../stored-data.ts';

export class JobStore {
  readonly #folder: string;
  /** What is to be written next, by id; of several waiting states only the last is written. */
  readonly #waiting = new Map<string, () => JobRecord | null>();
  #writing: Promise<void> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Removes half-written files of a killed process; only the owner of the project may call it. */
  async removeLeftovers(): Promise<void> {
    const names = await readdir(this.#folder).catch(() => []);
    for (const name of names) if (name.endsWith(TEMPORARY_SUFFIX)) await rm(join(this.#folder, name), { force: true });
  }

  /** All intact records, the oldest first. `onDamage` gets the others. */
  async read(onDamage: (damaged: StoredDataDamaged) => void = () => {}): Promise<JobRecord[]> {
    const records: JobRecord[] = [];
    for (const path of await jobFiles(this.#folder)) {
      const record = await readJobFile(path);
      if (record instanceof StoredDataDamaged) onDamage(record);
      else if (record) records.push(record.value);
    }
    const order = ({ sequence = 0 }: JobRecord) => sequence;
    return records.sort(
      (a, b) => order(a) - order(b) || a.createdAt.localeCompare(b.createdAt) || a.id.localeCompare(b.id),
    );
  }

  /** Writes the record that `current` returns when its turn comes; null removes the record. */
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
      const path = join(this.#folder, jobFileName(id));
      try {
        if (record) {
          await mkdir(this.#folder, { recursive: true });
          await writeJobFile(path, record);
        } else {
          await rm(path, { force: true });
        }
      } catch {
        // The disk is full or the folder is gone: the work itself fails in the same way and reports it; the history need not.
      }
    }
  }
}

function first<Key, Value>(map: Map<Key, Value>): [Key, Value] | undefined {
  const [entry] = map;
  return entry;
}
