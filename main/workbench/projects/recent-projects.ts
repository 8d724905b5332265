/** Recently opened projects, the newest first, in the settings folder. */
import { createHash } from 'node:crypto';
import { realpath, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { InTurn } from '../../in-turn.ts';
import { readKeptList, writeKeptList } from '../../kept-list.ts';
import type { RecentProject } from '../contract/projects.ts';

const MOST_RECENTS = 30;

const listSchema = z.array(z.object({ name: z.string(), folder: z.string(), openedAt: z.string() }));
type Entry = z.infer<typeof listSchema>[number];

/** A folder has the same id at every start, whichever path leads to it. */
export async function projectIdOf(folder: string): Promise<string> {
  const real = await realpath(folder).catch(() => resolve(folder));
  return createHash('sha256').update(real).digest('hex').slice(0, 12);
}

export class RecentProjects {
  readonly #folder: string;
  /** Changes are made one after another, so that none is lost. */
  readonly #changes = new InTurn();

  constructor(settingsFolder: string) {
    this.#folder = settingsFolder;
  }

  async list(): Promise<RecentProject[]> {
    const entries = await this.#read();
    return await Promise.all(
      entries.map(async (entry) => ({ ...entry, present: await isFile(join(entry.folder, 'understudy.json')) })),
    );
  }

  async find(projectId: string): Promise<{ readonly name: string; readonly folder: string } | undefined> {
    for (const entry of await this.#read()) if ((await projectIdOf(entry.folder)) === projectId) return entry;
    return undefined;
  }

  async remember(name: string, folder: string): Promise<void> {
    const entry = { name, folder, openedAt: new Date().toISOString() };
    await this.#change((entries) => [entry, ...entries.filter((other) => other.folder !== folder)]);
  }

  async forget(folder: string): Promise<void> {
    await this.#change((entries) => entries.filter((other) => other.folder !== folder));
  }

  async #change(change: (entries: Entry[]) => Entry[]): Promise<void> {
    await this.#changes.run(async () => {
      const entries = change(await this.#read()).slice(0, MOST_RECENTS);
      await writeKeptList(this.#path, entries);
    });
  }

  async #read(): Promise<Entry[]> {
    return await readKeptList(this.#path, listSchema);
  }

  get #path(): string {
    return join(this.#folder, 'recent-projects.json');
  }
}

async function isFile(path: string): Promise<boolean> {
  return await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
