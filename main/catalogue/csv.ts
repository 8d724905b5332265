/**
 * The one way in which CSV leaves (RFC 4180, UTF-8). A text that a spreadsheet would compute gets an apostrophe in front,
 * which makes it a text there (owasp.org/www-community/attacks/CSV_Injection); numbers stay numbers. JSON and Parquet have
 * the texts as they are.
 */
import { type Database, literal } from './database.ts';

/** What begins a formula, in JavaScript's and in RE2's spelling alike; the last four are the first four of East Asian keyboards. */
const FORMULA = '^[=+\\-@\\t\\r\\n\uFF1D\uFF0B\uFF0D\uFF20]';
const isFormula = new RegExp(FORMULA);

/** With its line end. */
export function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.map((cell) => (typeof cell === 'number' ? String(cell) : csvText(cell))).join(',')}\n`;
}

function csvText(text: string): string {
  const harmless = isFormula.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** The rows of a query, under a line of its columns' names. The database writes it, so that billions of rows cross no heap. */
export async function saveCsv(database: Database, query: string, path: string): Promise<void> {
  const columns = await database.rows(`DESCRIBE ${query}`);
  const cells = columns.map(({ column_name, column_type }) => {
    const name = `"${String(column_name).replaceAll('"', '""')}"`;
    if (column_type !== 'VARCHAR') return name;
    return `CASE WHEN regexp_matches(${name}, ${literal(FORMULA)}) THEN '''' || ${name} ELSE ${name} END AS ${name}`;
  });
  await database.run(`COPY (SELECT ${cells.join(', ')} FROM (${query})) TO ${literal(path)} (FORMAT csv, HEADER)`);
}
