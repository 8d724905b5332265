/**
 * The only code that writes CSV (RFC 4180, UTF-8). A text that a spreadsheet would evaluate is prefixed with an
 * apostrophe, which keeps it a text there (owasp.org/www-community/attacks/CSV_Injection); numbers stay numbers. JSON
 * and Parquet contain the texts unchanged.
 */
import { type Database, literal } from './database.ts';

/**
 * The characters that start a formula, spelled alike for JavaScript and RE2; the last four are the full-width forms of
 * the first four, as East Asian keyboards type them.
 */
const FORMULA = '^[=+\\-@\\t\\r\\n\uFF1D\uFF0B\uFF0D\uFF20]';
const isFormula = new RegExp(FORMULA);

/** Includes the line ending. */
export function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.map((cell) => (typeof cell === 'number' ? String(cell) : csvText(cell))).join(',')}\n`;
}

function csvText(text: string): string {
  const harmless = isFormula.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/**
 * Writes the rows of a query below a header of its column names. The database writes the file, so that billions of rows
 * never pass through the JavaScript heap.
 */
export async function saveCsv(database: Database, query: string, path: string): Promise<void> {
  const columns = await database.rows(`DESCRIBE ${query}`);
  const cells = columns.map(({ column_name, column_type }) => {
    const name = `"${String(column_name).replaceAll('"', '""')}"`;
    if (column_type !== 'VARCHAR') return name;
    return `CASE WHEN regexp_matches(${name}, ${literal(FORMULA)}) THEN '''' || ${name} ELSE ${name} END AS ${name}`;
  });
  await database.run(`COPY (SELECT ${cells.join(', ')} FROM (${query})) TO ${literal(path)} (FORMAT csv, HEADER)`);
}
