/**
 * How a damaged catalogue shows itself. DuckDB proves each block of its file and each entry of its log when it reads it, and
 * says so in words alone; whatever is then undefined inside it ends in errors of its own that no SQL of ours can cause.
 */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { ExpectedFailure, messageOf } from '../failure.ts';
import { StoredDataDamaged } from '../stored-data.ts';
import { copyListPath } from './copy-place.ts';

const DAMAGE =
  /corrupt|checksum|not a valid DuckDB database|(?:de)?serializ|^(?:INTERNAL|FATAL|Invalid) Error|has been invalidated|failed to (?:load|read|replay)|could not (?:read|deserialize)|WAL (?:file|replay)|storage version|attempting to (?:read|fetch)|unexpected end of|vector::|basic_string|std::/i;

/** `StoredDataDamaged` where that is what `error` says, naming the catalogue; otherwise the error itself. */
export function asCatalogueDamage(error: unknown, path: string): unknown {
  const message = messageOf(error);
  // Parquet files are read by the same database, and prove themselves elsewhere.
  if (error instanceof ExpectedFailure || /\.parquet/i.test(message) || !DAMAGE.test(message)) return error;
  return catalogueDamaged(path, message, { cause: error });
}

export function catalogueDamaged(path: string, damage: string, options?: ErrorOptions): StoredDataDamaged {
  return new StoredDataDamaged(
    { kind: 'catalogue', path, damage: firstWords(damage), what: 'The catalogue', wayOut: wayOut(dirname(path)) },
    options,
  );
}

/** What a person does about it. */
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
