/**
 * understudy.json: marks a folder as a project, and gives the version of everything in it. The catalogue contains the
 * same description, so that a damaged file can be rewritten, and another project's catalogue in this one's place is
 * noticed.
 */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeTextAtomically } from '../atomic-file.ts';
import { readSealed, sealed } from '../sealed-json.ts';
import { StoredDataDamaged, type Verdict, verdictOn } from '../stored-data.ts';
import { catalogueDamaged } from './catalogue-damage.ts';
import type { Database } from './database.ts';
import { readVersion } from './migrate.ts';
import { clips } from './migrations/0012-clips.ts';
import { cataloguePath } from './open-catalogue.ts';
import { NotAProject, unwritable } from './project-failures.ts';

const FILE = 'understudy.json';
/** The first catalogue version that contains the description. */
const FIRST_DESCRIBED = 6;

const descriptionSchema = z.object({
  version: z.int(),
  name: z.string(),
  createdAt: z.string(),
  /** Absent in files written by versions without checksums. */
  id: z.string().optional(),
  /** For a project of clips, the frames its networks see of each; absent for pictures. */
  clipFrames: z.int().min(1).optional(),
});
export type ProjectDescription = z.infer<typeof descriptionSchema>;

/** Whether a file of this name makes its folder a project. */
export function isDescription(name: string): boolean {
  return name === FILE;
}

/** Whether this is left over from a process killed while creating a project. */
export function isUnfinishedDescription(name: string): boolean {
  return name.startsWith(`${FILE}.`);
}

export async function writeDescription(directory: string, description: ProjectDescription): Promise<void> {
  await writeTextAtomically(join(directory, FILE), `${sealed(FILE, description, 2)}\n`);
}

export function newDescription(version: number, name: string, clipFrames: number | undefined): ProjectDescription {
  const clips = clipFrames === undefined ? {} : { clipFrames };
  return { version, name, createdAt: new Date().toISOString(), id: randomUUID(), ...clips };
}

/** Throws `NotAProject`; `StoredDataDamaged` if the file is not as written, or is missing beside a catalogue. */
export async function readDescription(directory: string): Promise<ProjectDescription> {
  return (await readFound(directory)).value;
}

/** The description in the catalogue; undefined in one written by an earlier version. */
export async function describedInCatalogue(database: Database): Promise<ProjectDescription | undefined> {
  const version = await readVersion(database);
  if (version < FIRST_DESCRIBED) return undefined;
  const frames = version < clips.version ? 'NULL' : 'clip_frames';
  const [row] = await database.rows(`SELECT id, name, created_at, ${frames} AS clip_frames FROM project`);
  const kind = typeof row?.clip_frames === 'number' ? { clipFrames: row.clip_frames } : {};
  return row && { version, name: String(row.name), createdAt: String(row.created_at), id: String(row.id), ...kind };
}

/**
 * Brings the catalogue's description in line with understudy.json, and returns it with the project's id. Throws
 * `StoredDataDamaged` if the catalogue belongs to another project.
 */
export async function agreeWithCatalogue(
  directory: string,
  database: Database,
  description: ProjectDescription,
): Promise<ProjectDescription> {
  const known = await describedInCatalogue(database);
  if (known) {
    requireSameProject(directory, description, known);
    return { ...description, id: known.id };
  }
  const id = description.id ?? randomUUID();
  const { name, createdAt, clipFrames = null } = description;
  await database.run('INSERT INTO project (id, name, created_at, clip_frames) VALUES (?, ?, ?, ?)', [
    ...[id, name, createdAt, clipFrames],
  ]);
  return { ...description, id };
}

/** Throws `StoredDataDamaged`. */
function requireSameProject(
  directory: string,
  { id }: ProjectDescription,
  known: ProjectDescription | undefined,
): void {
  if (id === undefined || known === undefined || id === known.id) return;
  throw catalogueDamaged(cataloguePath(directory), 'it belongs to another project');
}

export async function* verifyDescription({ directory }: { readonly directory: string }): AsyncGenerator<Verdict> {
  yield await verdictOn({ kind: 'project', path: join(directory, FILE), remade: true }, async () =>
    (await readFound(directory)).proven ? 'sound' : 'unproven',
  );
}

async function readFound(directory: string): Promise<{ value: ProjectDescription; proven: boolean }> {
  const path = join(directory, FILE);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throw unwritable(directory, error);
    if (existsSync(cataloguePath(directory))) throw damaged(path, 'it is missing');
    throw new NotAProject(
      `There is no project in ${directory}: choose another folder, or make one there (on the command line: understudy new ${directory}).`,
    );
  });
  const found = readSealed(FILE, text, descriptionSchema);
  if (found.kind === 'damaged') throw damaged(path, found.damage);
  // Files with an id were always sealed.
  if (!found.proven && found.value.id !== undefined) throw damaged(path, 'its checksum is missing');
  return found;
}

function damaged(path: string, damage: string): StoredDataDamaged {
  return new StoredDataDamaged({
    ...{ kind: 'project', path, damage, what: "The project's description" },
    wayOut: 'restore it from a backup (it holds the name of the project and the version of its files)',
  });
}
