/**
 * Recognises a damaged catalogue. DuckDB verifies each block of its file and each log entry when reading it, and
 * reports damage only in the message text; inconsistent internal state then causes errors of its own that none of our
 * SQL can cause.
 */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { ExpectedFailure, messageOf } from '../failure.ts';
import { StoredDataDamaged } from '../stored-data.ts';
import { copyListPath } from './copy-place.ts';

const DAMAGE =
  /corrupt|checksum|not a valid DuckDB database|(?:de)?serializ|^(?:INTERNAL|FATAL|Invalid) Error|has been invalidated|failed to (?:load|read|replay)|could not (?:read|deserialize)|WAL (?:file|replay)|storage version|attempting to (?:read|fetch)|unexpected end of|vector::|basic_string|std::/i;

/**
 * Converts `error` to a `StoredDataDamaged` naming the catalogue if it reports such damage; otherwise returns it
 * unchanged.
 */
export function asCatalogueDamage(error: unknown, path: string): unknown {
  const message = messageOf(error);
  // Parquet files are read by the same database, but are verified elsewhere.
  if (error instanceof ExpectedFailure || /\.parquet/i.test(message) || !DAMAGE.test(message)) return error;
  return catalogueDamaged(path, message, { cause: error });
}

export function catalogueDamaged(path: string, damage: string, options?: ErrorOptions): StoredDataDamaged {
  return new StoredDataDamaged(
    { kind: 'catalogue', path, damage: firstWords(damage), what: 'The catalogue', wayOut: wayOut(dirname(path)) },
    options,
  );
}

/** What the user can do about it. */
function wayOut(directory: string): string {
  return existsSync(copyListPath(directory))
    ? `bring it back from its copy (on the command line: understudy check ${directory} --repair)`
    : 'restore the catalogue from a backup beside it, or make a new project; the images are untouched';
}

const LONGEST_DAMAGE = 160;

function firstWords(message: string): string {
  const [line = ''] = message.split('\n');
  return line.length > LONGEST_DAMAGE ? `${line.slice(0, LONGEST_DAMAGE)}…` : line;
}
