/**
 * DuckDB, opened for one project: it never accesses the network, returns plain JavaScript values, and reports a full
 * disk as a sentence. Callers run concurrently: statements that belong together (a transaction, a temporary table and
 * its query) run on a connection of their own, which everything called inside uses.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { setMaxListeners } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  type DuckDBValue,
  FLOAT,
  INTEGER,
  version,
} from '@duckdb/node-api';
import { at } from '../at.ts';
import { ExpectedFailure, Interrupted } from '../failure.ts';
import { asSystemFailure } from '../system-failure.ts';
import { asCatalogueDamage } from './catalogue-damage.ts';

export type Row = Readonly<Record<string, unknown>>;
export type ColumnType = 'integer' | 'bigint' | 'double' | 'float' | 'text';

/** One array constructor per column, in order. */
type ColumnTypes = readonly (new (rows: number) => Float32Array | Float64Array | Int32Array | Uint8Array)[];
type Columns<Types extends ColumnTypes> = { [Place in keyof Types]: InstanceType<Types[Place]> };

type NumberColumns = readonly (Int32Array | Float32Array)[];

/** Values of one row, in the order of the columns. */
export type RowValues = readonly (number | string | null)[];

export interface DatabaseOptions {
  /** Writes nothing, not even a lock. */
  readonly readOnly?: boolean;
  /**
   * When it aborts, current and later statements fail with `Interrupted`: for read-only work that leaves nothing
   * behind.
   */
  readonly signal?: AbortSignal | undefined;
}

interface OwnConnection {
  readonly connection: DuckDBConnection;
  /** Tables changed by the connection's transaction. */
  readonly changed: Set<string>;
}

const MEMORY = ':memory:';

/** Beyond this, sorts and joins use the disk: the memory of no catalogue operation may grow with the collection. */
const MEMORY_LIMIT = '512MB';

/** DuckDB's own chunk size. */
const CHUNK_ROWS = 2048;

const TEMPORARY = /^\s*CREATE\s+OR\s+REPLACE\s+TEMP\s+TABLE\s+(\w+)/i;
const CHANGE = /^\s*(?:INSERT(?:\s+OR\s+REPLACE)?\s+INTO|UPDATE|DELETE\s+FROM)\s+"?(\w+)/i;

/** The catalogue is damaged, or was written by something else: nothing here gives such numbers. */
export class NumberTooLarge extends ExpectedFailure {}

function notShort(value: number, sql: string): Error {
  if (!Number.isInteger(value)) return new RangeError(`${value} is not a whole number: ${sql}`);
  return new NumberTooLarge(
    `The catalogue contains the number ${value}, which is larger than any that Understudy gives: restore the project's folder from a backup, or add its images to a new project.`,
  );
}

export class Database {
  readonly #path: string;
  readonly #signal: AbortSignal | undefined;
  readonly #readOnly: boolean;
  readonly #instance: DuckDBInstance;
  readonly #shared: DuckDBConnection;
  /** Connections not in use. */
  readonly #idle: DuckDBConnection[] = [];
  readonly #own = new AsyncLocalStorage<OwnConnection>();
  #onChange: (table: string) => void = () => {};
  readonly #temporary = new Set<string>();
  #changes = 0;
  #closed = false;

  private constructor(
    path: string,
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    { readOnly = false, signal }: DatabaseOptions,
  ) {
    this.#path = path;
    this.#readOnly = readOnly;
    this.#signal = signal;
    // Every running statement listens to the signal.
    if (signal) setMaxListeners(0, signal);
    this.#instance = instance;
    this.#shared = connection;
  }

  static async open(path: string, options: DatabaseOptions = {}): Promise<Database> {
    const instance = await DuckDBInstance.create(path, {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      // Rows arrive in the order of the query, whatever the number of threads.
      preserve_insertion_order: 'true',
      memory_limit: MEMORY_LIMIT,
      ...(options.readOnly ? { access_mode: 'READ_ONLY' } : {}),
      // Large sorts normally spill into a folder beside the file, which is impossible here.
      ...(options.readOnly || path === MEMORY ? { temp_directory: join(tmpdir(), `understudy-${process.pid}`) } : {}),
    });
    return new Database(path, instance, await instance.connect(), options);
  }

  /** A database without a project, for reading and writing files. */
  static async inMemory(): Promise<Database> {
    return await Database.open(MEMORY);
  }

  /** Increases with every change of stored data: before it happens, and again when it is visible to everyone. */
  get changes(): number {
    return this.#changes;
  }

  /** Whether the caller is inside `isolated`. */
  get isIsolated(): boolean {
    return this.#own.getStore() !== undefined;
  }

  get #connection(): DuckDBConnection {
    return this.#own.getStore()?.connection ?? this.#shared;
  }

  /**
   * Runs `work` on a connection that nobody else uses: its temporary tables and transactions are private. Nested calls
   * share the outer connection. No part of `work` may continue after it resolves.
   */
  async isolated<T>(work: () => Promise<T>): Promise<T> {
    if (this.#own.getStore()) return await work();
    const connection = this.#idle.pop() ?? (await this.#tried(() => this.#instance.connect()));
    try {
      return await this.#own.run({ connection, changed: new Set() }, work);
    } finally {
      this.#idle.push(connection);
    }
  }

  /** Runs `work` outside the surrounding `isolated`: it starts there but is independent of its connection. */
  async outside<T>(work: () => Promise<T>): Promise<T> {
    return await this.#own.exit(work);
  }

  /**
   * `onChange` receives the name of each table before a row of it changes, and again when the change is visible to
   * everyone.
   */
  follow(onChange: (table: string) => void): void {
    this.#onChange = onChange;
  }

  /** Like every method here, throws `DiskFull` or another system failure, or `StoredDataDamaged`. */
  async run(sql: string, values: readonly DuckDBValue[] = []): Promise<void> {
    const temporary = TEMPORARY.exec(sql)?.[1];
    if (temporary !== undefined) this.#temporary.add(temporary);
    await this.#changing(CHANGE.exec(sql)?.[1], () => this.#tried(() => this.#connection.run(sql, [...values])));
  }

  /** All rows; 64-bit integers become numbers. */
  async rows(sql: string, values: readonly DuckDBValue[] = []): Promise<Row[]> {
    const reader = await this.#tried(() => this.#connection.runAndReadAll(sql, [...values]));
    return reader.getRowObjectsJS().map(withNumbers);
  }

  /** One numeric column as 32-bit integers. */
  async integers(sql: string, values: readonly DuckDBValue[] = []): Promise<Int32Array> {
    const [column] = await this.columns([Int32Array], sql, values);
    return column;
  }

  /** A single number: a count, a highest id. Throws a `RangeError` if the result is not one row of one column. */
  async number(sql: string, values: readonly DuckDBValue[] = []): Promise<number> {
    const [column] = await this.columns([Float64Array], sql, values);
    if (column.length !== 1) throw new RangeError(`one number was asked for, and there are ${column.length}: ${sql}`);
    return at(column, 0);
  }

  /**
   * All columns, numbers only, each converted to its type. The result is held outside JavaScript's heap and copied
   * chunk by chunk. Throws a `RangeError` if the number of columns differs from the number of types, or if a value is
   * not an integer where one is expected, and `NumberTooLarge` for one of more than 32 bits.
   */
  async columns<const Types extends ColumnTypes>(
    types: Types,
    sql: string,
    values: readonly DuckDBValue[] = [],
  ): Promise<Columns<Types>> {
    return await this.#tried(async () => {
      const result = await this.#connection.run(sql, [...values]);
      const { columnCount, rowCount } = result;
      if (columnCount !== types.length)
        throw new RangeError(`${types.length} columns wanted, ${columnCount} given: ${sql}`);
      const columns = types.map((Type) => new Type(rowCount));
      let row = 0;
      for await (const chunk of result) {
        for (const [index, column] of columns.entries()) {
          const vector = chunk.getColumnVector(index);
          for (let own = 0; own < vector.itemCount; own++) {
            const value = Number(vector.getItem(own));
            column[row + own] = value;
            // A 64-bit id that does not fit would be truncated to another image's.
            if (column instanceof Int32Array && column[row + own] !== value) throw notShort(value, sql);
          }
        }
        row += chunk.rowCount;
      }
      return columns as Columns<Types>;
    });
  }

  /** Appends rows to a table, much faster than inserting them. */
  async append(table: string, types: readonly ColumnType[], rows: Iterable<RowValues>): Promise<void> {
    await this.#changing(table, () => this.#append(table, types, rows));
  }

  /** Appends whole columns of equal length, in the table's column order: integers to INTEGER, others to FLOAT. */
  async appendColumns(table: string, columns: NumberColumns): Promise<void> {
    await this.#changing(table, () => this.#appending(table, (appender) => appendChunks(appender, columns)));
  }

  /** The same batch by batch; ending an append takes about as long as twenty thousand rows. */
  async appendBatches(table: string, batches: AsyncIterable<NumberColumns>): Promise<void> {
    await this.#changing(table, () =>
      this.#appending(table, async (appender) => {
        for await (const columns of batches) appendChunks(appender, columns);
      }),
    );
  }

  async #append(table: string, types: readonly ColumnType[], rows: Iterable<RowValues>): Promise<void> {
    await this.#appending(table, (appender) => {
      for (const row of rows) {
        types.forEach((type, index) => {
          const value = at(row, index);
          if (value === null) appender.appendNull();
          else if (type === 'text') appender.appendVarchar(String(value));
          else if (type === 'integer') appender.appendInteger(Number(value));
          else if (type === 'bigint') appender.appendBigInt(BigInt(value));
          else if (type === 'float') appender.appendFloat(Number(value));
          else appender.appendDouble(Number(value));
        });
        appender.endRow();
      }
    });
  }

  async #appending(table: string, work: (appender: DuckDBAppender) => void | Promise<void>): Promise<void> {
    await this.#tried(async () => {
      // In a read-only database rows can only go into temporary tables, and DuckDB has to be told which schema to use.
      const place = this.#readOnly ? (['main', 'temp'] as const) : [];
      const appender = await this.#connection.createAppender(table, ...place);
      try {
        await work(appender);
      } finally {
        appender.closeSync();
      }
    });
  }

  /** Creates a temporary table `chosen(id BIGINT)` to join with, for the duration of `work`. */
  async withChosen<T>(ids: Iterable<number>, work: () => Promise<T>): Promise<T> {
    return await this.isolated(async () => {
      await this.run('CREATE OR REPLACE TEMP TABLE chosen(id BIGINT)');
      try {
        await this.appendColumns('chosen', [ids instanceof Int32Array ? ids : Int32Array.from(ids)]);
        return await work();
      } finally {
        // The next call replaces the table anyway; the first error is the one to report.
        await this.run('DROP TABLE chosen').catch(() => {});
      }
    });
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    return await this.isolated(async () => {
      await this.run('BEGIN');
      try {
        const result = await work();
        await this.run('COMMIT');
        const own = this.#own.getStore();
        for (const table of own?.changed ?? []) this.#changed(table);
        own?.changed.clear();
        return result;
      } catch (error) {
        await this.#connection.run('ROLLBACK').catch(() => {});
        throw error;
      }
    });
  }

  /** Running and later statements fail with `Interrupted`: a window keeps asking while its project is being closed. */
  close(): void {
    this.#closed = true;
    for (const connection of [this.#shared, ...this.#idle]) connection.closeSync();
    this.#instance.closeSync();
  }

  async #changing<T>(table: string | undefined, work: () => Promise<T>): Promise<T> {
    if (table === undefined || this.#temporary.has(table)) return await work();
    this.#changed(table);
    this.#own.getStore()?.changed.add(table);
    try {
      return await work();
    } finally {
      this.#changed(table);
    }
  }

  #changed(table: string): void {
    this.#changes++;
    this.#onChange(table);
  }

  get #isOver(): boolean {
    return this.#closed || this.#signal?.aborted === true;
  }

  async #tried<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isOver) throw new Interrupted();
    const connection = this.#connection;
    const interrupt = () => connection.interrupt();
    this.#signal?.addEventListener('abort', interrupt, { once: true });
    try {
      return await work();
    } catch (error) {
      if (this.#isOver) throw new Interrupted();
      throw asCatalogueDamage(asSystemFailure(error, this.#path), this.#path);
    } finally {
      this.#signal?.removeEventListener('abort', interrupt);
    }
  }
}

function appendChunks(appender: DuckDBAppender, columns: NumberColumns): void {
  const types = columns.map((column) => (column instanceof Int32Array ? INTEGER : FLOAT));
  const rows = columns[0]?.length ?? 0;
  for (let first = 0; first < rows; first += CHUNK_ROWS) {
    const count = Math.min(CHUNK_ROWS, rows - first);
    const chunk = DuckDBDataChunk.create(types, count);
    for (const [index, column] of columns.entries()) {
      const vector = chunk.getColumnVector(index);
      for (let own = 0; own < count; own++) vector.setItem(own, column[first + own] as number);
      vector.flush();
    }
    appender.appendDataChunk(chunk);
  }
}

function withNumbers(row: Row): Row {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
  );
}

/** A string as an SQL literal, where SQL takes no parameter (file names). */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function databaseVersion(): string {
  return version();
}
