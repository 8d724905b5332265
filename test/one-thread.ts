/**
 * The catalogues of tests are small: passing their rows between threads costs more than it saves. Child processes keep the
 * default.
 */
import { DuckDBInstance } from '@duckdb/node-api';

const create = DuckDBInstance.create;
DuckDBInstance.create = (path, options) => create.call(DuckDBInstance, path, { threads: '1', ...options });
