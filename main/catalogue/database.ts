/** DuckDB, opened for one project: never reaches for the network, and its values come back as plain JavaScript ones. */
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';

export type Row = Readonly<Record<string, unknown>>;
export type ColumnType = 'integer' | 'bigint' | 'double' | 'float' | 'text';

/** Values of one row, in the order of the columns. */
export type RowValues = readonly (number | string | null)[];

export class Database {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(path: string): Promise<Database> {
    const instance = await DuckDBInstance.create(path, {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      // Rows come out in the order of the query, whatever the number of threads.
      preserve_insertion_order: 'true',
    });
    return new Database(instance, await instance.connect());
  }

  async run(sql: string, values: readonly DuckDBValue[] = []): Promise<void> {
    await this.#connection.run(sql, [...values]);
  }

  /** All rows; 64-bit integers become numbers. */
  async rows(sql: string, values: readonly DuckDBValue[] = []): Promise<Row[]> {
    const reader = await this.#connection.runAndReadAll(sql, [...values]);
    return reader.getRowObjectsJS().map(withNumbers);
  }

  /** The rows in chunks of a few thousand, without holding the whole result. */
  async *stream(sql: string, values: readonly DuckDBValue[] = []): AsyncGenerator<Row[]> {
    const result = await this.#connection.stream(sql, [...values]);
    for await (const chunk of result.yieldRowObjectJs()) yield chunk.map(withNumbers);
  }

  /** One numeric column as 32-bit integers. */
  async integers(sql: string, values: readonly DuckDBValue[] = []): Promise<Int32Array> {
    const [column] = await this.columns(sql, values);
    return Int32Array.from(column ?? []);
  }

  /** All columns, numbers only. */
  async columns(sql: string, values: readonly DuckDBValue[] = []): Promise<number[][]> {
    const reader = await this.#connection.runAndReadAll(sql, [...values]);
    return reader.getColumnsJS().map((column) => column.map(Number));
  }

  /** Appends rows to a table, much faster than inserting them. */
  async append(table: string, types: readonly ColumnType[], rows: Iterable<RowValues>): Promise<void> {
    const appender = await this.#connection.createAppender(table);
    try {
      for (const row of rows) {
        types.forEach((type, index) => {
          const value = row[index] ?? null;
          if (value === null) appender.appendNull();
          else if (type === 'text') appender.appendVarchar(String(value));
          else if (type === 'integer') appender.appendInteger(Number(value));
          else if (type === 'bigint') appender.appendBigInt(BigInt(value));
          else if (type === 'float') appender.appendFloat(Number(value));
          else appender.appendDouble(Number(value));
        });
        appender.endRow();
      }
    } finally {
      appender.closeSync();
    }
  }

  /** A temporary table `chosen(id INTEGER)` for the length of `work`, to join with. */
  async withChosen<T>(ids: Int32Array, work: () => Promise<T>): Promise<T> {
    await this.run('CREATE OR REPLACE TEMP TABLE chosen(id INTEGER)');
    await this.append('chosen', ['integer'], oneColumn(ids));
    try {
      return await work();
    } finally {
      await this.run('DROP TABLE chosen');
    }
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    await this.run('BEGIN');
    try {
      const result = await work();
      await this.run('COMMIT');
      return result;
    } catch (error) {
      await this.run('ROLLBACK').catch(() => {});
      throw error;
    }
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

function* oneColumn(ids: Int32Array): Generator<RowValues> {
  for (const id of ids) yield [id];
}

function withNumbers(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  );
}

/** A string as an SQL literal, for the places where SQL takes no parameter (file names). */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
