/**
 * A list of images from elsewhere (CSV, Parquet): one row per image, with its path, or its archive and its key in it,
 * and annotations: a class, a split, tags, a caption. DuckDB reads it; no row passes through JavaScript here. Uses
 * temporary tables of one connection: call everything within `isolated`.
 */
import { dirname, posix, resolve } from 'node:path';
import { WrongUsage } from '../failure.ts';
import { isObjectAddress } from '../object-address.ts';
import { visible } from '../visible.ts';
import { type Database, literal } from './database.ts';
import { type LabelSetting, SEVERAL_LABELS_HINT } from './label-setting.ts';
import type { SourceUse } from './source-use.ts';
import { openTableFile, quoted, readingTable, type TableFile } from './table-file.ts';

/** The roles a column can have. */
export const manifestRoles = ['path', 'tar', 'key', 'label', 'split', 'tags', 'caption'] as const;
export type ManifestRole = (typeof manifestRoles)[number];
export type ManifestColumns = { readonly [Role in ManifestRole]?: string | null | undefined };

/** Recognised column names, the likeliest first; case, spaces and underscores are ignored. */
const NAMES: { readonly [Role in ManifestRole]: readonly string[] } = {
  path: ['path', 'filepath', 'imagepath', 'file', 'filename', 'image', 'img', 'imgpath', 'imagefile', 'relativepath'],
  tar: ['tar', 'shard', 'archive', 'tarpath', 'tarfile'],
  key: ['key', 'samplekey'],
  label: ['label', 'class', 'classname', 'category', 'target'],
  split: ['split', 'set', 'subset', 'partition'],
  tags: ['tags', 'hashtags', 'keywords'],
  caption: ['caption', 'text', 'description'],
};

const LIKE_AN_IMAGE = /\.(jpe?g|jpe|jfif|png|webp|tiff?|gif|avif|bmp)$/i;
const SHOWN_ROWS = 5;

export interface Manifest {
  readonly path: string;
  readonly table: TableFile;
  readonly columns: ManifestColumns;
}

export function isManifest(path: string): boolean {
  return /\.(csv|tsv|parquet|pq)$/i.test(path);
}

/**
 * `file` is the actual file to read, if not at `path`. Throws `TableUnreadable`, and `WrongUsage` for a column that
 * does not exist.
 */
export async function openManifest(
  database: Database,
  path: string,
  chosen: ManifestColumns,
  file = path,
): Promise<Manifest> {
  const table = await openTableFile(database, file, (cells) => !cells.some((cell) => LIKE_AN_IMAGE.test(cell)));
  for (const [role, column] of Object.entries(chosen)) {
    if (column === undefined || column === null || table.columns.includes(column)) continue;
    throw new WrongUsage(
      `${path} has no column “${visible(column)}” for the ${role}: it has ${table.columns.map(visible).join(', ')}.`,
    );
  }
  const [first, second] = table.columns;
  const guessed = table.hasHeader ? guessedColumns(table.columns) : { path: first, label: second };
  const said = { ...guessed, ...chosen };
  return { path, table, columns: Object.fromEntries(Object.entries(said).filter(([, column]) => column !== null)) };
}

function guessedColumns(columns: readonly string[]): ManifestColumns {
  const plain = (name: string) => name.toLowerCase().replaceAll(/[\s_-]/g, '');
  return Object.fromEntries(
    manifestRoles.map((role) => [
      role,
      NAMES[role]
        .map((name) => columns.find((column) => plain(column) === name))
        .find((column) => column !== undefined),
    ]),
  );
}

export interface ManifestLook {
  readonly columns: readonly string[];
  /** The roles guessed from the column names. */
  readonly guessed: { readonly [Role in ManifestRole]: string | null };
  /** The first few rows, cell by cell. */
  readonly rows: readonly (readonly string[])[];
}

/** A preview for assigning roles to columns. Throws `TableUnreadable`. */
export async function lookAtManifest(database: Database, path: string): Promise<ManifestLook> {
  const { table, columns } = await openManifest(database, path, {});
  const cells = table.columns.map((column) => `CAST(${quoted(column)} AS VARCHAR) AS ${quoted(column)}`).join(', ');
  const rows = await readingTable(path, () => database.rows(`SELECT ${cells} FROM ${table.sql} LIMIT ${SHOWN_ROWS}`));
  return {
    columns: table.columns,
    guessed: {
      ...{ path: columns.path ?? null, tar: columns.tar ?? null, key: columns.key ?? null },
      ...{ label: columns.label ?? null, split: columns.split ?? null },
      ...{ tags: columns.tags ?? null, caption: columns.caption ?? null },
    },
    rows: rows.map((row) => table.columns.map((column) => textIn(row[column]))),
  };
}

function textIn(cell: unknown): string {
  return typeof cell === 'string' ? cell : '';
}

export interface Listed {
  /** The common folder of all images: absolute, with `/`. */
  readonly base: string;
  readonly images: number;
  /** Images are named by archive and key, without a file extension. */
  readonly byKey: boolean;
  /** One sentence for each thing that is not understood. */
  readonly notes: readonly string[];
}

/**
 * Creates a temporary table listed(place, relative_path, label, labels, split, tags, caption) of the named images, each
 * once; `split` is null if the row gives none, and `label` is null in a list of unlabelled images. If images may have
 * several classes, `labels` combines all rows of an image, and `label` is one of them. `base` is the folder the images
 * were in before.
 */
export async function listManifest(
  database: Database,
  { path, table, columns }: Manifest,
  { kind, setting = 'one' }: SourceUse & { readonly setting?: LabelSetting },
  base: string | undefined,
): Promise<Listed> {
  const byKey = columns.path === undefined && columns.tar !== undefined && columns.key !== undefined;
  if (columns.path === undefined && !byKey) throw withoutColumn(path, table, 'that names images', 'path');
  if (kind === 'labelled' && columns.label === undefined) {
    throw withoutColumn(path, table, 'of labels', 'label', ', or add it as unlabelled');
  }
  const directory = slashed(dirname(path));
  await readingTable(path, async () => {
    const isList = async (column: string | null | undefined) => {
      const types = await database.rows(`DESCRIBE SELECT ${textOf(column, false)} AS lists FROM ${table.sql}`);
      return types.some(({ column_type }) => String(column_type).endsWith('[]'));
    };
    const areLists = await isList(columns.tags);
    const labels = setting === 'one' ? 'NULL::VARCHAR[]' : labelList(columns.label, await isList(columns.label));
    const named = byKey ? `${textOf(columns.tar)} || '/' || ${textOf(columns.key)}` : textOf(columns.path);
    await database.run(
      `CREATE OR REPLACE TEMP TABLE raw AS SELECT row_number() OVER () AS place,
         regexp_replace(replace(${named}, '\\', '/'), '^(\\./)+', '') AS named,
         ${kind === 'labelled' ? textOf(columns.label) : 'NULL::VARCHAR'} AS label,
         ${kind === 'labelled' ? labels : 'NULL::VARCHAR[]'} AS labels, lower(${textOf(columns.split)}) AS split,
         ${tagList(columns.tags, areLists)} AS tags, ${textOf(columns.caption)} AS caption
       FROM ${table.sql}`,
    );
  });
  const upwards = await database.rows(
    `SELECT DISTINCT regexp_extract(named, '^(\\.\\./)+') AS up FROM raw WHERE starts_with(named, '../')`,
  );
  const prefixes = upwards.map(({ up }) => `(${literal(String(up))}, ${literal(folderAbove(directory, String(up)))})`);
  const ups = `(SELECT * FROM (VALUES ${['(NULL, NULL)', ...prefixes].join(', ')}) ups(up, prefix))`;
  await database.run(
    `CREATE OR REPLACE TEMP TABLE placed AS SELECT raw.* EXCLUDE (named), named,
       CASE WHEN named IS NULL OR named = '' OR regexp_matches(substr(named, length(coalesce(up, '')) + 1), '(^|/)\\.\\.(/|$)') THEN NULL
         WHEN regexp_matches(named, '^(/|[A-Za-z]:/|s3://)') THEN rtrim(named, '/')
         WHEN up IS NOT NULL THEN rtrim(prefix, '/') || '/' || substr(named, length(up) + 1)
         ELSE ${literal(directory.replace(/\/$/, ''))} || '/' || named END AS whole
     FROM raw LEFT JOIN ${ups} ups ON up = regexp_extract(named, '^(\\.\\./)+')`,
  );
  await database.run('DROP TABLE raw');
  const own = base ?? (await commonFolder(database, directory));
  const inside = `starts_with(whole, ${literal(`${own.replace(/\/$/, '')}/`)})`;
  await database.run(
    `CREATE OR REPLACE TEMP TABLE listed AS
     SELECT place, substr(whole, ${own.replace(/\/$/, '').length + 2}) AS relative_path, said AS label, all_said AS labels,
       CASE split ${SPLITS} END AS split, tags, caption
     FROM (${setting === 'one' ? ONE_SAID : ALL_SAID}) WHERE ${inside}
       AND place IN (SELECT min(place) FROM placed WHERE ${inside} GROUP BY whole)`,
  );
  const images = await database.number('SELECT count(*) FROM listed');
  const notes = await notesOn(database, inside, own, { images, setting });
  await database.run('DROP TABLE placed');
  return { base: own, images, byKey, notes };
}

const SPLITS = [
  [['train', 'training'], 'train'],
  [['val', 'valid', 'validation', 'dev'], 'val'],
  [['test', 'testing'], 'test'],
]
  .map(([names, split]) =>
    (names as string[]).map((name) => `WHEN ${literal(name)} THEN ${literal(String(split))}`).join(' '),
  )
  .join(' ');
const UNLABELLED = `'unlabelled', 'unlabeled', 'unlabel', 'pool'`;
const KNOWN_SPLITS = `'train', 'training', 'val', 'valid', 'validation', 'dev', 'test', 'testing', ${UNLABELLED}`;

const ONE_SAID = `SELECT *, CASE WHEN split IN (${UNLABELLED}) THEN NULL ELSE label END AS said, NULL::VARCHAR[] AS all_said FROM placed`;
/** Combines all rows of an image. */
const ALL_SAID = `SELECT *, all_said[1] AS said FROM (SELECT *, list_distinct(flatten(list(
    CASE WHEN split IN (${UNLABELLED}) THEN []::VARCHAR[] ELSE coalesce(labels, []::VARCHAR[]) END)
  OVER (PARTITION BY whole ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING))) AS all_said FROM placed)`;

function textOf(column: string | null | undefined, isText = true): string {
  if (column === undefined || column === null) return 'NULL::VARCHAR';
  return isText ? `nullif(trim(CAST(${quoted(column)} AS VARCHAR)), '')` : quoted(column);
}

/** Parses a list, a JSON list, or a text of classes separated by semicolons or bars. */
function labelList(column: string | null | undefined, isList: boolean): string {
  if (column === undefined || column === null) return 'NULL::VARCHAR[]';
  const text = `CAST(${quoted(column)} AS VARCHAR)`;
  const words = isList
    ? `CAST(${quoted(column)} AS VARCHAR[])`
    : `CASE WHEN starts_with(trim(${text}), '[') AND json_valid(${text}) THEN json_extract_string(${text}, '$[*]')
         ELSE regexp_split_to_array(${text}, '[;|]') END`;
  return `list_distinct(list_filter(list_transform(${words}, lambda name: trim(name)), lambda name: name <> ''))`;
}

/** Parses a list, or a text as people write it: `#cat #dog`, or separated by commas. */
function tagList(column: string | null | undefined, isList: boolean): string {
  if (column === undefined || column === null) return 'NULL::VARCHAR[]';
  const text = `regexp_replace(CAST(${quoted(column)} AS VARCHAR), '[\\[\\]"'']', '', 'g')`;
  const words = isList
    ? `CAST(${quoted(column)} AS VARCHAR[])`
    : `CASE WHEN contains(${text}, '#') AND NOT contains(${text}, ',') THEN regexp_split_to_array(${text}, '[\\s#]+')
         ELSE regexp_split_to_array(${text}, '[,;|]') END`;
  return `list_distinct(list_filter(list_transform(${words}, lambda tag: nfc_normalize(trim(ltrim(trim(tag), '#')))), lambda tag: tag <> ''))`;
}

/** `up` is `../`, repeated for each level. */
function folderAbove(directory: string, up: string): string {
  if (isObjectAddress(directory)) return `s3://${posix.join(directory.slice('s3://'.length), up)}`;
  return slashed(resolve(directory, up));
}

function slashed(path: string): string {
  return path.replaceAll('\\', '/');
}

function withoutColumn(path: string, { columns }: TableFile, what: string, role: ManifestRole, or = ''): WrongUsage {
  const keys = role === 'path' ? ' (or --columns tar=…,key=…)' : '';
  return new WrongUsage(
    `${path} has no recognised column ${what} (${columns.map(visible).join(', ')}): name it with --columns ${role}=…${keys}${or}.`,
  );
}

/** The list's own folder, or the common prefix of the paths if some are outside it. */
async function commonFolder(database: Database, directory: string): Promise<string> {
  const outside = `NOT starts_with(whole, ${literal(`${directory.replace(/\/$/, '')}/`)})`;
  const [row] = await database.rows(
    `SELECT count(*) FILTER (${outside}) AS outside, min(whole) AS first, max(whole) AS last FROM placed`,
  );
  if (!row || Number(row.outside) === 0 || row.first === null) return directory;
  const [first, last] = [String(row.first), String(row.last)];
  let length = 0;
  while (length < first.length && first[length] === last[length]) length++;
  const common = first.slice(0, Math.max(1, first.lastIndexOf('/', length - 1)));
  const isOfOneKind =
    isObjectAddress(first) === isObjectAddress(last) && isObjectAddress(first) === isObjectAddress(common);
  if (isOfOneKind && (!isObjectAddress(common) || /^s3:\/\/[^/]/.test(common))) return common;
  throw new WrongUsage(
    `The list names images in several buckets, or in a bucket and on this machine (${visible(first)}, ${visible(last)}): make a list for each.`,
  );
}

async function notesOn(
  database: Database,
  inside: string,
  base: string,
  { images, setting }: { readonly images: number; readonly setting: LabelSetting },
): Promise<string[]> {
  const [row] = await database.rows(
    `SELECT count(*) AS rows, count(*) FILTER (whole IS NULL) AS unnamed, count(*) FILTER (whole IS NOT NULL AND NOT ${inside}) AS outside,
       count(*) FILTER (split IS NOT NULL AND split NOT IN (${KNOWN_SPLITS})) AS unknown,
       min(split) FILTER (split NOT IN (${KNOWN_SPLITS})) AS example FROM placed`,
  );
  const counted = (name: string) => Number(row?.[name]);
  const [unnamed, outside, unknown] = [counted('unnamed'), counted('outside'), counted('unknown')];
  // If images may have several classes, each row may give some, so repetition is expected.
  const repeated = setting === 'several' ? 0 : counted('rows') - unnamed - outside - images;
  const contradicted = repeated > 0 && (await areContradicted(database));
  return [
    ...(unnamed > 0 ? [`${rows(unnamed)} of the list do not name an image by a usable path.`] : []),
    ...(outside > 0
      ? [`${rows(outside)} of the list name images outside of ${visible(base)}: add a list of those by itself.`]
      : []),
    ...(repeated > 0
      ? [
          `${rows(repeated)} of the list repeat an image: its first row counts${contradicted ? `; ${SEVERAL_LABELS_HINT}` : ''}.`,
        ]
      : []),
    ...(unknown > 0
      ? [
          `${rows(unknown)} of the list have a split other than train, val and test (“${visible(String(row?.example))}”): these images get the split that the list was added with.`,
        ]
      : []),
  ];
}

async function areContradicted(database: Database): Promise<boolean> {
  const many = 'SELECT whole FROM placed GROUP BY whole HAVING count(DISTINCT label) > 1';
  return (await database.number(`SELECT count(*) FROM (${many})`)) > 0;
}

function rows(count: number): string {
  return `${count.toLocaleString('en')} row${count === 1 ? '' : 's'}`;
}
