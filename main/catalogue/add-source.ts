/** The folders that a project takes its images from. Each has one use, and none shares files with the project itself. */
import { realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { ExpectedFailure } from '../failure.ts';
import type { Database } from './database.ts';

export type Split = 'train' | 'val' | 'test';

export interface SourceInput {
  readonly kind: 'labelled' | 'unlabelled';
  readonly folder: string;
  /** Of labelled images; null is `train`. */
  readonly split: Split | null;
}

export class SourceOverlapsProject extends ExpectedFailure {}
export class SourceHasOtherUse extends ExpectedFailure {}

/**
 * The source's id; the same folder added again, also by another path to it, is the same source. Throws
 * `SourceHasOtherUse` when it was added before as another kind or split, and `SourceOverlapsProject`.
 */
export async function addSource(
  database: Database,
  projectDirectory: string,
  { kind, folder, split }: SourceInput,
): Promise<number> {
  const path = await realFolder(folder);
  const project = await realFolder(projectDirectory);
  if (contains(path, project) || contains(project, path)) {
    throw new SourceOverlapsProject(
      `The folder ${resolve(folder)} and the project ${projectDirectory} lie inside one another: keep the images outside the project folder.`,
    );
  }
  const use = kind === 'labelled' ? (split ?? 'train') : null;
  const [known] = await database.rows('SELECT id, kind, split FROM sources WHERE folder IN (?, ?)', [
    path,
    resolve(folder),
  ]);
  if (known) {
    if (known.kind === kind && known.split === use) return Number(known.id);
    throw new SourceHasOtherUse(
      `${path} was added before as ${known.kind}${known.split ? ` (${known.split})` : ''}: one folder has one use.`,
    );
  }
  const [id] = await database.integers('SELECT coalesce(max(id) + 1, 0) FROM sources');
  await database.run('INSERT INTO sources VALUES (?, ?, ?, ?)', [id ?? 0, kind, path, use]);
  return id ?? 0;
}

/** A folder that is gone is known by the path it had. */
async function realFolder(folder: string): Promise<string> {
  const path = resolve(folder);
  return await realpath(path).catch(() => path);
}

function contains(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);
}
