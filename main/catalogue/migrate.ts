/**
 * Brings a catalogue to the version that this program writes: a new one in one step by the current schema, an older one
 * by numbered migrations, each in one transaction.
 */
import type { Database } from './database.ts';
import { initial } from './migrations/0001-initial.ts';
import { decisions } from './migrations/0002-decisions.ts';
import { classes } from './migrations/0003-classes.ts';
import { unreachableImages } from './migrations/0004-unreachable-images.ts';
import { names } from './migrations/0005-names.ts';
import { checksums } from './migrations/0006-checksums.ts';
import { contents } from './migrations/0007-contents.ts';
import { wideIds } from './migrations/0008-wide-ids.ts';
import { archives } from './migrations/0009-archives.ts';
import { manifests } from './migrations/0010-manifests.ts';
import { severalLabels } from './migrations/0011-several-labels.ts';
import { clips } from './migrations/0012-clips.ts';
import { schema } from './schema.ts';

export interface Migration {
  readonly version: number;
  readonly statements: readonly string[];
}

const allMigrations: readonly Migration[] = [
  initial,
  decisions,
  classes,
  unreachableImages,
  names,
  checksums,
  contents,
  wideIds,
  archives,
  manifests,
  severalLabels,
  clips,
];

/** The project version that this program writes. */
export const CURRENT_VERSION = Math.max(...allMigrations.map(({ version }) => version));

/** The version of a catalogue; 0 if it is new. */
export async function readVersion(database: Database): Promise<number> {
  const known = await database.number("SELECT count(*) FROM information_schema.tables WHERE table_name = 'migrations'");
  if (!known) return 0;
  return await database.number('SELECT coalesce(max(version), 0) FROM migrations');
}

/** Creates a catalogue as that version did. */
export async function migrateTo(database: Database, version: number): Promise<void> {
  const wanted = allMigrations.filter((migration) => migration.version <= version);
  await migrate(database, async () => {}, wanted);
}

const MIGRATIONS = 'migrations (version INTEGER PRIMARY KEY)';

async function begin(database: Database): Promise<void> {
  const versions = allMigrations.map(({ version }) => `(${version})`).join(', ');
  const statements = [`CREATE TABLE ${MIGRATIONS}`, ...schema, `INSERT INTO migrations VALUES ${versions}`];
  await database.transaction(async () => await database.run(statements.join(';\n')));
}

/** `backUp` is called once, before the first change to a catalogue that is not empty. */
export async function migrate(
  database: Database,
  backUp: (nextVersion: number) => Promise<void>,
  migrations: readonly Migration[] = allMigrations,
): Promise<void> {
  const current = await readVersion(database);
  if (current === 0 && migrations === allMigrations) return await begin(database);
  const pending = migrations.filter(({ version }) => version > current);
  const [next] = pending;
  if (next && current > 0) await backUp(next.version);
  for (const { version, statements } of pending) {
    await database.transaction(async () => {
      await database.run(`CREATE TABLE IF NOT EXISTS ${MIGRATIONS}`);
      for (const statement of statements) await database.run(statement);
      await database.run('INSERT INTO migrations VALUES (?)', [version]);
    });
  }
}
