/**
 * The user's mapping of a list's columns, or of annotation files beside the images of an archive; stored with the
 * source.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { forgetArchives } from '../catalogue/archives.ts';
import type { Database } from '../catalogue/database.ts';
import { manifestRoles } from '../catalogue/manifest.ts';
import type { Project } from '../catalogue/project.ts';
import { keepColumnsText, readColumnsText } from '../catalogue/sources/present-sources.ts';
import { WrongUsage } from '../failure.ts';
import { visible } from '../visible.ts';

/** Null: no column has this role, whatever its name suggests. */
const column = z.string().min(1).nullable().optional();

export const sourceColumnsSchema = z.strictObject({
  path: column,
  tar: column,
  key: column,
  label: column,
  split: column,
  tags: column,
  caption: column,
});
export type SourceColumns = z.infer<typeof sourceColumnsSchema>;

/** Parses `label=species,tags=words`. Throws `WrongUsage`. */
export function parseSourceColumns(given: string): SourceColumns {
  const pairs = given.split(',').map((pair) => pair.split('=').map((part) => part.trim()));
  const columns = sourceColumnsSchema.safeParse(Object.fromEntries(pairs));
  if (columns.success && pairs.every(({ length }) => length === 2)) return columns.data;
  throw new WrongUsage(
    `--columns takes what to read from where, such as label=species,tags=words, and “${visible(given)}” is not such a list: it knows ${manifestRoles.join(', ')}.`,
  );
}

/** The mapping given now, or the one given before, or none. Data that is interpreted differently now is read again. */
export async function columnsOf(
  { database }: Project,
  sourceId: number | undefined,
  said: SourceColumns | undefined,
): Promise<SourceColumns> {
  if (sourceId === undefined) return said ?? {};
  const kept = await readColumnsText(database, sourceId);
  const before = kept === undefined ? {} : sourceColumnsSchema.parse(JSON.parse(kept));
  if (said === undefined || isDeepStrictEqual(said, before)) return before;
  await forgetArchives(database, sourceId);
  return said;
}

export async function keepColumns(database: Database, sourceId: number, columns: SourceColumns): Promise<void> {
  const text = Object.keys(columns).length === 0 ? null : JSON.stringify(columns);
  await keepColumnsText(database, sourceId, text);
}
