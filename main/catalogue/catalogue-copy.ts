/**
 * A copy of the catalogue as Parquet files with checksums, beside it: decisions made by hand cannot be made again, and
 * every run refers to images by their ids. It is written shortly after a change and when the project is closed. Before
 * anything changes, a marker file is written to the folder, so that after a kill an outdated copy is recognised as
 * such.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { TEMPORARY_SUFFIX, writeTextAtomically } from '../atomic-file.ts';
import { InTurn } from '../in-turn.ts';
import { damageOf, type FileProof, fileProofSchema, proofOf } from '../proved-file.ts';
import { readSealed, sealed } from '../sealed-json.ts';
import { StoredDataDamaged, type Verdict, verdictOn } from '../stored-data.ts';
import { damageOfUnread } from '../why-unread.ts';
import { catalogueDamaged } from './catalogue-damage.ts';
import { copyFolder, copyListPath } from './copy-place.ts';
import { type Database, literal } from './database.ts';
import { readVersion } from './migrate.ts';
import { cataloguePath } from './open-catalogue.ts';

/** Tables with a row per image, which scans change; all others are small and changed by the user. */
const OF_IMAGES = new Set([
  ...['images', 'labels', 'file_problems', 'source_notes', 'shared_files', 'same_pictures'],
  ...['archives', 'image_tags', 'image_captions'],
]);
type Part = 'images' | 'decisions';
const PARTS: readonly Part[] = ['images', 'decisions'];

const WAIT_MS = 2000;
/** Writing the copy takes at most a fiftieth of the elapsed time. */
const WAITS_PER_WRITE = 50;

const tableSchema = z.object({
  rows: z.int(),
  /** Absent if the table has no rows. */
  file: z.string().optional(),
  proof: fileProofSchema.optional(),
});
const listSchema = z.object({
  version: z.int(),
  writtenAt: z.string(),
  /** The id of the last act, which must never be reused. */
  lastAction: z.int(),
  tables: z.record(z.string(), tableSchema),
});
export type CatalogueList = Readonly<z.infer<typeof listSchema>>;

export class CatalogueCopy {
  readonly #database: Database;
  readonly #directory: string;
  readonly #folder: string;
  readonly #tables: readonly string[];
  readonly #behind: Set<Part>;
  #timer: NodeJS.Timeout | undefined;
  readonly #writes = new InTurn();
  #waitMs = WAIT_MS;

  private constructor(database: Database, directory: string, tables: readonly string[], behind: readonly Part[]) {
    this.#database = database;
    this.#directory = directory;
    this.#folder = copyFolder(directory);
    this.#tables = tables;
    this.#behind = new Set(behind);
    if (behind.length > 0) this.#writeSoon();
  }

  /**
   * Follows the changes of a catalogue from here on. Throws `StoredDataDamaged` if the catalogue lacks rows that were
   * written, or has additional ones: a truncated log or file can be detected nowhere else.
   */
  static async follow(database: Database, directory: string): Promise<CatalogueCopy> {
    mkdirSync(copyFolder(directory), { recursive: true });
    const tables = await tablesOf(database);
    const list = await readCopy(directory).catch(() => undefined);
    const known = list?.version === (await readVersion(database)) ? list : undefined;
    const behind = known ? partsBehind(directory) : PARTS;
    if (known) await requireRows(database, tables, directory, known, behind);
    const copy = new CatalogueCopy(database, directory, tables, behind);
    database.follow((table) => copy.#changes(table));
    return copy;
  }

  /** Resolves when the copy matches the catalogue. Throws the errors of the database and the file system. */
  async write(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#writes.run(() => this.#database.outside(() => this.#writeNow()));
  }

  /** As `write`, but from scratch. */
  async writeAgain(): Promise<void> {
    for (const part of PARTS) this.#mark(part);
    await rm(copyListPath(this.#directory), { force: true });
    await this.write();
  }

  /** If the copy cannot be written, it stays marked as outdated. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#behind.size > 0) await this.write().catch(() => {});
    await this.#writes.settled();
  }

  /** Stops copying: the catalogue turned out to be damaged. */
  async abandon(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#writes.settled();
  }

  #changes(table: string): void {
    if (!this.#tables.includes(table)) return;
    this.#mark(partOf(table));
    this.#writeSoon();
  }

  #mark(part: Part): void {
    if (this.#behind.has(part)) return;
    this.#behind.add(part);
    writeFileSync(markerOf(this.#folder, part), '');
  }

  #writeSoon(): void {
    this.#timer ??= setTimeout(() => void this.write().catch(() => {}), this.#waitMs).unref();
  }

  async #writeNow(): Promise<void> {
    if (this.#behind.size === 0) return;
    const parts = [...this.#behind];
    this.#behind.clear();
    const startedMs = performance.now();
    try {
      const before = await readCopy(this.#directory).catch(() => undefined);
      const list = await this.#database.transaction(() => this.#writeTables(before, parts));
      await writeTextAtomically(copyListPath(this.#directory), `${sealed(identityOf('list'), list, 2)}\n`);
      // Nothing can change between the check and the removal; a later change writes a new marker.
      for (const part of parts) if (!this.#behind.has(part)) rmSync(markerOf(this.#folder, part), { force: true });
      await this.#removeOthers(list);
    } catch (error) {
      for (const part of parts) this.#behind.add(part);
      throw error;
    } finally {
      this.#waitMs = Math.max(WAIT_MS, WAITS_PER_WRITE * (performance.now() - startedMs));
    }
  }

  /** Writes a consistent snapshot: rows about images are useless without the classes and sources of the same moment. */
  async #writeTables(before: CatalogueList | undefined, parts: readonly Part[]): Promise<CatalogueList> {
    const tables: Record<string, z.infer<typeof tableSchema>> = {};
    for (const table of this.#tables) {
      const kept = before?.tables[table];
      const isKept = kept && partOf(table) === 'images' && !parts.includes('images');
      tables[table] = isKept ? kept : await this.#writeTable(table);
    }
    const lastAction = await this.#database.number(
      "SELECT coalesce(max(last_value), 0) FROM duckdb_sequences() WHERE sequence_name = 'action_ids'",
    );
    const version = await readVersion(this.#database);
    return { version, writtenAt: new Date().toISOString(), lastAction, tables };
  }

  async #writeTable(table: string): Promise<{ rows: number; file?: string; proof?: FileProof }> {
    const rows = await this.#database.number(`SELECT count(*) FROM "${table}"`);
    if (rows === 0) return { rows };
    // A unique name: the files named by the previous list must stay until the next list is written.
    const file = `${table}-${randomBytes(4).toString('hex')}.parquet`;
    const path = join(this.#folder, file);
    await this.#database.run(`COPY "${table}" TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`);
    await synced(path);
    return { rows, file, proof: await proofOf(path, identityOf(table), 'xxh64') };
  }

  async #removeOthers({ tables }: CatalogueList): Promise<void> {
    const named = new Set(Object.values(tables).map(({ file }) => file));
    for (const name of await readdir(this.#folder)) {
      const isLeft = name.endsWith(TEMPORARY_SUFFIX) || (name.endsWith('.parquet') && !named.has(name));
      if (isLeft) await rm(join(this.#folder, name), { force: true });
    }
  }
}

/** Contents of the copy. Throws `StoredDataDamaged` if there is none, or if it is not as written. */
export async function readCopy(directory: string): Promise<CatalogueList> {
  const path = copyListPath(directory);
  const text = await readFile(path, 'utf8').catch(({ code }: NodeJS.ErrnoException) => {
    throw copyDamaged(path, damageOfUnread(String(code)));
  });
  const found = readSealed(identityOf('list'), text, listSchema);
  if (found.kind === 'damaged') throw copyDamaged(path, found.damage);
  if (!found.proven) throw copyDamaged(path, 'its checksum is missing');
  return found.value;
}

/** The verified file of a table; undefined if the table had no rows. Throws `StoredDataDamaged`. */
export async function openCopiedTable(
  directory: string,
  list: CatalogueList,
  table: string,
): Promise<string | undefined> {
  const copied = list.tables[table];
  if (copied?.file === undefined || copied.proof === undefined) return undefined;
  const { file, proof } = copied;
  const path = join(copyFolder(directory), file);
  const damage = await damageOf(path, identityOf(table), proof);
  if (damage !== undefined) throw copyDamaged(path, damage);
  return path;
}

/** Which parts of the catalogue changed after the copy was written. */
export function partsBehind(directory: string): Part[] {
  const folder = copyFolder(directory);
  return PARTS.filter((part) => existsSync(markerOf(folder, part)));
}

/** Yields nothing if there is no copy yet. */
export async function* verifyCopy(directory: string): AsyncGenerator<Verdict> {
  const path = copyListPath(directory);
  if (!existsSync(path)) return;
  yield await verdictOn({ kind: 'catalogue', path, remade: true }, async () => {
    const list = await readCopy(directory);
    for (const table of Object.keys(list.tables)) await openCopiedTable(directory, list, table);
    return 'sound';
  });
}

async function tablesOf(database: Database): Promise<string[]> {
  const rows = await database.rows(
    'SELECT table_name AS name FROM duckdb_tables() WHERE NOT temporary AND NOT internal ORDER BY name',
  );
  return rows.map(({ name }) => String(name));
}

async function requireRows(
  database: Database,
  present: readonly string[],
  directory: string,
  { tables }: CatalogueList,
  behind: readonly Part[],
): Promise<void> {
  for (const [table, { rows }] of Object.entries(tables)) {
    if (behind.includes(partOf(table))) continue;
    const found = present.includes(table) ? await database.number(`SELECT count(*) FROM "${table}"`) : 0;
    if (found === rows) continue;
    const path = cataloguePath(directory);
    throw catalogueDamaged(path, `its table ${table} has ${found} rows instead of ${rows}`);
  }
}

function partOf(table: string): Part {
  return OF_IMAGES.has(table) ? 'images' : 'decisions';
}

function markerOf(folder: string, part: Part): string {
  return join(folder, `${part}-behind`);
}

function identityOf(table: string): string {
  return `catalogue-copy/${table}`;
}

function copyDamaged(path: string, damage: string): StoredDataDamaged {
  return new StoredDataDamaged({
    ...{ kind: 'catalogue', path, damage, what: 'The copy of the catalogue' },
    wayOut: 'it is written again from the catalogue when the project is used next',
  });
}

async function synced(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
