/** The user's table that maps foreign classes to the project's: two columns, theirs and ours. */
import type { Database } from '../catalogue/database.ts';
import { openTableFile, readPairs } from '../catalogue/table-file.ts';
import { WrongUsage } from '../failure.ts';
import type { MeantClass } from './class-mapping.ts';

const THEIRS = ['theirs', 'their', 'from', 'source', 'model', 'network', 'label', 'imagenet'];
const OURS = ['ours', 'our', 'yours', 'to', 'target', 'project', 'class', 'mine'];
const MOST_PAIRS = 1_000_000;

/** Columns are found by name, or else are the first two: theirs, then ours. Throws `TableUnreadable`, `WrongUsage`. */
export async function readClassTable(database: Database, path: string): Promise<MeantClass[]> {
  const named = (cells: readonly string[], names: readonly string[]) =>
    cells.findIndex((cell) => names.includes(cell.toLowerCase().replaceAll(/[\s_-]*(class|name)s?$/g, '') || 'class'));
  const table = await openTableFile(
    database,
    path,
    (cells) => named(cells, THEIRS) !== -1 && named(cells, OURS) !== -1,
  );
  const { columns } = table;
  const places = table.hasHeader ? [named(columns, THEIRS), named(columns, OURS)] : [0, 1];
  const [theirs, ours] = places.map((place) => columns[place]);
  if (theirs === undefined || ours === undefined || theirs === ours) {
    throw new WrongUsage(`${path} has the columns ${columns.join(', ')}: two are needed, theirs and ours.`);
  }
  const pairs = await readPairs(database, path, table, [theirs, ours], MOST_PAIRS);
  // A class without a counterpart may be listed with an empty second cell.
  return pairs.flatMap(([named, meant]) =>
    named === null || meant === null || meant === '' ? [] : [{ theirs: named, ours: meant }],
  );
}
