/**
 * The folders and lists of images from which a project takes its images. Each has one use, and no folder may share
 * files with the project itself. Lists may name images in any of the folders: which source such an image counts for is
 * decided in counted-images.ts.
 */
import { ExpectedFailure } from '../failure.ts';
import type { Database } from './database.ts';
import { realFolder, relationOf } from './folder-relation.ts';
import type { SourceUse, Split } from './source-use.ts';

export interface SourceInput extends SourceUse {
  readonly folder: string;
}

export class SourceOverlapsProject extends ExpectedFailure {}
export class SourceHasOtherUse extends ExpectedFailure {}
export class SourcesOverlap extends ExpectedFailure {}

/** Where a folder is, or would be, among the sources. */
export interface SourcePlace {
  readonly path: string;
  readonly use: SourceUse;
  /** Undefined for a new source. */
  readonly id: number | undefined;
  /** Removed by the user and not added again. */
  readonly isRemoved: boolean;
}

/**
 * Returns the source's id. The same folder added again, even by another path, is the same source. Throws what
 * `placeOfSource` throws.
 */
export async function addSource(database: Database, projectDirectory: string, input: SourceInput): Promise<number> {
  const { path, use, id, isRemoved } = await placeOfSource(database, projectDirectory, input);
  if (id !== undefined) {
    // A removed source comes back: its images keep their ids and labels.
    if (isRemoved) await database.run('UPDATE sources SET removed = false WHERE id = ?', [id]);
    return id;
  }
  const next = await database.number('SELECT coalesce(max(id) + 1, 0) FROM sources');
  await database.run('INSERT INTO sources (id, kind, folder, split) VALUES (?, ?, ?, ?)', [
    next,
    use.kind,
    path,
    use.split,
  ]);
  return next;
}

/**
 * Throws `SourceHasOtherUse` if the folder was added before as another kind or split, `SourcesOverlap` and
 * `SourceOverlapsProject`.
 */
export async function placeOfSource(
  database: Database,
  projectDirectory: string,
  { kind, folder, split }: SourceInput,
): Promise<SourcePlace> {
  const path = await realFolder(folder);
  await requireApart(path, projectDirectory);
  const use = { kind, split: kind === 'labelled' ? (split ?? 'train') : null };
  const found = await database.rows(
    'SELECT id, kind, folder, split, removed FROM sources WHERE manifest IS NULL ORDER BY id',
  );
  const relations = await Promise.all(
    found.map(async (source) => ({ source, relation: await relationOf(path, String(source.folder)) })),
  );
  const same = relations.filter(({ relation }) => relation === 'same').map(({ source }) => source);
  const present = same.find(({ removed }) => removed !== true);
  const sameUse = same.find((source) => source.kind === use.kind && source.split === use.split);
  if (present && present !== sameUse) throw hasOtherUse(path, useOf(present));
  if (!present) await requireNesting(database, path, use);
  return { path, use, id: sameUse && Number(sameUse.id), isRemoved: sameUse !== undefined && !present };
}

export interface ListedSource extends SourceUse {
  /** The real path of the list's file. */
  readonly manifest: string;
}

/** The source of the list and the folder its images were in; undefined for a new list. Throws `SourceHasOtherUse`. */
export async function findManifest(
  database: Database,
  { manifest, kind, split }: ListedSource,
): Promise<{ readonly id: number; readonly folder: string; readonly isRemoved: boolean } | undefined> {
  const found = await database.rows(
    'SELECT id, kind, folder, split, removed FROM sources WHERE manifest = ? ORDER BY id',
    [manifest],
  );
  const same = (row: Readonly<Record<string, unknown>>) =>
    row.kind === kind && row.split === (kind === 'labelled' ? (split ?? 'train') : null);
  const present = found.find(({ removed }) => removed !== true);
  if (present && !same(present)) throw hasOtherUse(manifest, useOf(present), 'list');
  const known = found.find(same);
  return known && { id: Number(known.id), folder: String(known.folder), isRemoved: !present };
}

/** Adds the list as a source and returns its id; a removed one comes back. Throws `SourceHasOtherUse`. */
export async function addManifest(database: Database, source: ListedSource, folder: string): Promise<number> {
  const known = await findManifest(database, source);
  if (known) {
    if (known.isRemoved) await database.run('UPDATE sources SET removed = false WHERE id = ?', [known.id]);
    return known.id;
  }
  const { kind, split, manifest } = source;
  const id = await database.number('SELECT coalesce(max(id) + 1, 0) FROM sources');
  await database.run('INSERT INTO sources (id, kind, folder, split, manifest) VALUES (?, ?, ?, ?, ?)', [
    ...[id, kind, folder, kind === 'labelled' ? (split ?? 'train') : null, manifest],
  ]);
  return id;
}

/** Throws `SourceOverlapsProject`. */
export async function requireApart(folder: string, project: string): Promise<void> {
  if ((await relationOf(folder, project)) === 'apart') return;
  throw new SourceOverlapsProject(
    `The folder ${folder} and the project ${await realFolder(project)} lie inside one another: keep the images outside the project folder.`,
  );
}

/**
 * Sources may be nested where the role of their files is clear: held-out images inside training images, labelled ones
 * inside unlabelled ones; their images are left out of the outer folder. Throws `SourcesOverlap` for all other nesting,
 * and `SourceHasOtherUse` for a folder that already is another source.
 */
export async function requireNesting(
  database: Database,
  path: string,
  use: SourceUse,
  ownId: number | null = null,
): Promise<void> {
  const sources = await database.rows(
    'SELECT id, kind, folder, split FROM sources WHERE NOT removed AND manifest IS NULL ORDER BY id',
  );
  for (const source of sources.filter(({ id }) => Number(id) !== ownId)) {
    const other = { ...useOf(source), folder: String(source.folder) };
    const relation = await relationOf(path, other.folder);
    if (relation === 'same') throw hasOtherUse(path, other);
    if (relation === 'inside' && !mayLieIn(use, other)) {
      throw new SourcesOverlap(
        `${path} lies inside ${other.folder}, which was added as ${named(other)}: its images are part of that already; add a folder outside of it.`,
      );
    }
    if (relation === 'holds' && !mayLieIn(other, use)) {
      const inside = other.kind === 'unlabelled' ? 'its images would become a class' : 'its images would have two uses';
      throw new SourcesOverlap(
        `${path} holds ${other.folder}, which was added as ${named(other)}: ${inside}; put the two beside one another.`,
      );
    }
  }
}

/** A file that belongs to two sources counts for the one that comes first here (counted-images.ts). */
const RANKS = { test: 0, val: 1, train: 2, unlabelled: 3 } as const;

function mayLieIn(inner: SourceUse, outer: SourceUse): boolean {
  const [rank, outerRank] = [inner, outer].map(({ kind, split }) =>
    kind === 'unlabelled' ? RANKS.unlabelled : RANKS[split ?? 'train'],
  );
  if (rank === undefined || outerRank === undefined) return false;
  return rank < outerRank || (inner.kind === 'unlabelled' && outer.kind === 'unlabelled');
}

function useOf(row: Readonly<Record<string, unknown>>): SourceUse {
  return {
    kind: row.kind === 'labelled' ? 'labelled' : 'unlabelled',
    split: row.split === null ? null : (String(row.split) as Split),
  };
}

function hasOtherUse(path: string, use: SourceUse, what: 'folder' | 'list' = 'folder'): SourceHasOtherUse {
  return new SourceHasOtherUse(`${path} was added before as ${named(use)}: one ${what} has one use.`);
}

function named({ kind, split }: SourceUse): string {
  return kind + (split ? ` (${split})` : '');
}
