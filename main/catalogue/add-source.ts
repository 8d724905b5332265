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
  requireApart(path, project);
  const use = kind === 'labelled' ? (split ?? 'train') : null;
  const found = await database.rows('SELECT id, kind, split, removed FROM sources WHERE folder IN (?, ?) ORDER BY id', [
    path,
    resolve(folder),
  ]);
  const present = found.find(({ removed }) => removed !== true);
  const sameUse = found.find((source) => source.kind === kind && source.split === use);
  if (present && present !== sameUse) {
    throw new SourceHasOtherUse(
      `${path} was added before as ${present.kind}${present.split ? ` (${present.split})` : ''}: one folder has one use.`,
    );
  }
  if (sameUse) {
    // One that was taken out comes back: its images keep their ids and labels.
    await database.run('UPDATE sources SET removed = false WHERE id = ? AND removed', [Number(sameUse.id)]);
    return Number(sameUse.id);
  }
  const [id] = await database.integers('SELECT coalesce(max(id) + 1, 0) FROM sources');
  await database.run('INSERT INTO sources (id, kind, folder, split) VALUES (?, ?, ?, ?)', [id ?? 0, kind, path, use]);
  return id ?? 0;
}

/** Both are real paths. Throws `SourceOverlapsProject`. */
export function requireApart(folder: string, project: string): void {
  if (!contains(folder, project) && !contains(project, folder)) return;
  throw new SourceOverlapsProject(
    `The folder ${folder} and the project ${project} lie inside one another: keep the images outside the project folder.`,
  );
}

/** A folder that is gone is known by the path it had. */
export async function realFolder(folder: string): Promise<string> {
  const path = resolve(folder);
  return await realpath(path).catch(() => path);
}

/** Both are real paths; a folder contains itself. */
export function contains(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);
}
