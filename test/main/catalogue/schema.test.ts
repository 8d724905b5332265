import { afterAll, beforeAll, expect, it } from 'vitest';
import { Database } from '../../../main/catalogue/database.ts';
import { CURRENT_VERSION, migrate, migrateTo } from '../../../main/catalogue/migrate.ts';

let begun: Database;
let migrated: Database;

beforeAll(async () => {
  begun = await Database.inMemory();
  await migrate(begun, async () => {});
  migrated = await Database.inMemory();
  await migrateTo(migrated, CURRENT_VERSION);
});

afterAll(() => {
  begun.close();
  migrated.close();
});

const KEPT = {
  columns: `SELECT table_name, column_index, column_name, data_type, is_nullable, column_default
    FROM duckdb_columns() WHERE NOT internal ORDER BY ALL`,
  constraints: `SELECT table_name, constraint_type, constraint_column_names::VARCHAR AS names
    FROM duckdb_constraints() ORDER BY ALL`,
  views: 'SELECT view_name, sql FROM duckdb_views() WHERE NOT internal ORDER BY ALL',
  sequences: 'SELECT sequence_name, start_value, increment_by FROM duckdb_sequences() ORDER BY ALL',
  indexes: 'SELECT index_name, sql FROM duckdb_indexes() ORDER BY ALL',
  migrations: 'SELECT version FROM migrations ORDER BY ALL',
};

it.each(Object.entries(KEPT))('has the %s to which the migrations lead', async (_, query) => {
  const today = await begun.rows(query);
  expect(today).toEqual(await migrated.rows(query));
});

it('has tables and views', async () => {
  expect(await begun.number("SELECT count(*) FROM duckdb_columns() WHERE NOT internal AND table_name = 'images'")).toBe(
    16,
  );
  expect(await begun.number("SELECT count(*) FROM duckdb_views() WHERE view_name = 'usable_images'")).toBe(1);
});
