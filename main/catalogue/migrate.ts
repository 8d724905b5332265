/** Brings a catalogue to the version that this program writes: numbered steps, each in one transaction. */
import type { Database } from './database.ts';
import { initial } from './migrations/0001-initial.ts';

export interface Migration {
  readonly version: number;
  readonly statements: readonly string[];
}

const migrations: readonly Migration[] = [initial];

/** The version of projects that this program writes. */
export const CURRENT_VERSION = Math.max(...migrations.map(({ version }) => version));

/** `backUp` is called once, before the first change to a catalogue that holds something already. */
export async function migrate(database: Database, backUp: (version: number) => Promise<void>): Promise<void> {
  await database.run('CREATE TABLE IF NOT EXISTS migrations (version INTEGER PRIMARY KEY)');
  const [newest] = await database.integers('SELECT coalesce(max(version), 0) FROM migrations');
  const pending = migrations.filter(({ version }) => version > (newest ?? 0));
  if (pending.length > 0 && (newest ?? 0) > 0) await backUp(newest ?? 0);
  for (const { version, statements } of pending) {
    await database.transaction(async () => {
      for (const statement of statements) await database.run(statement);
      await database.run('INSERT INTO migrations VALUES (?)', [version]);
    });
  }
}
