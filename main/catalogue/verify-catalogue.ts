/** Reads every value of the catalogue: DuckDB verifies each block of its file when reading it. */
import { ExpectedFailure, messageOf } from '../failure.ts';
import { StoredDataDamaged, type Verdict, verdictOn } from '../stored-data.ts';
import { catalogueDamaged } from './catalogue-damage.ts';
import type { Project } from './project.ts';

/** One verdict per table. After damage the database may refuse all further statements. */
export async function* verifyCatalogue(project: Project): AsyncGenerator<Verdict> {
  const { database } = project;
  const file = project.path('catalogue.duckdb');
  const tables = await database.rows(
    'SELECT table_name AS name FROM duckdb_tables() WHERE NOT temporary AND NOT internal ORDER BY name',
  );
  for (const { name } of tables) {
    yield await verdictOn({ kind: 'catalogue', path: file, remade: false }, async () => {
      try {
        await database.rows(`SELECT bit_xor(hash(whole))::VARCHAR FROM "${String(name)}" whole`);
      } catch (error) {
        if (error instanceof ExpectedFailure && !(error instanceof StoredDataDamaged)) throw error;
        throw error instanceof StoredDataDamaged ? error : catalogueDamaged(file, messageOf(error), { cause: error });
      }
      return 'sound';
    });
  }
}
