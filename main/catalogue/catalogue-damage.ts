/**
 * How a damaged catalogue shows itself. DuckDB proves each block of its file and each entry of its log when it reads it, and
 * says so in words alone; whatever is then undefined inside of it ends in errors of its own that no SQL of ours can cause.
 */
import { ExpectedFailure, messageOf } from '../failure.ts';
import { StoredDataDamaged } from '../stored-data.ts';

const DAMAGE =
  /corrupt|checksum|not a valid DuckDB database|(?:de)?serializ|^(?:INTERNAL|FATAL|Invalid) Error|has been invalidated|failed to (?:load|read|replay)|could not (?:read|deserialize)|WAL (?:file|replay)|storage version|attempting to (?:read|fetch)|unexpected end of|vector::|basic_string|std::/i;

/** `StoredDataDamaged` where that is what `error` says, naming the catalogue; otherwise the error itself. */
export function asCatalogueDamage(error: unknown, path: string): unknown {
  const message = messageOf(error);
  // Parquet files are read by the same database, and prove themselves elsewhere.
  if (error instanceof ExpectedFailure || /\.parquet/i.test(message) || !DAMAGE.test(message)) return error;
  return catalogueDamaged(path, message, { cause: error });
}

/** What a person does about it. */
const CATALOGUE_WAY_OUT =
  'restore the catalogue from a backup beside it, or make a new project; the images are untouched';

export function catalogueDamaged(path: string, damage: string, options?: ErrorOptions): StoredDataDamaged {
  return new StoredDataDamaged(
    { kind: 'catalogue', path, damage: firstWords(damage), what: 'The catalogue', wayOut: CATALOGUE_WAY_OUT },
    options,
  );
}

const LONGEST_DAMAGE = 160;

function firstWords(message: string): string {
  const [line = ''] = message.split('\n');
  return line.length > LONGEST_DAMAGE ? `${line.slice(0, LONGEST_DAMAGE)}…` : line;
}
