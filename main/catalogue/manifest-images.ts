/**
 * Matches the images named by a list (manifest.ts, its temporary table `listed`) with those the project knows: images
 * known from another source are taken over without reading any file, and the list's annotations are recorded in a few
 * statements, however many images there are. Call everything here within `isolated`, and anything that writes within a
 * scan.
 */
import { classNameOf } from './class-names.ts';
import { type Database, literal, type RowValues } from './database.ts';
import { findFolderClasses } from './folder-classes.ts';
import { newImageIds } from './image-ids.ts';
import type { LabelSetting } from './label-setting.ts';
import { recordSeveralLabels } from './record-several-labels.ts';
import type { SourceUse } from './source-use.ts';

const ROWS_AT_ONCE = 8192;

/** For a path inside an archive, the archive's path. */
const ARCHIVE_PART = `regexp_extract(relative_path, '^(.*?\\.(?:tar|zip))/', 1)`;

/**
 * Creates a temporary table elsewhere(place, other_id) of the listed images that other sources have, matched by full
 * path; if the list names images by key, their paths in `listed` are completed with the extension. Returns their
 * number.
 */
export async function findElsewhere(
  database: Database,
  sourceId: number | undefined,
  { base, byKey }: { readonly base: string; readonly byKey: boolean },
): Promise<number> {
  const root = literal(`${base.replace(/\/$/, '')}/`);
  const known = `(SELECT images.id, rtrim(folder, '/') || '/' || images.relative_path AS whole FROM images
     JOIN sources ON sources.id = source_id
     WHERE source_id <> ${sourceId ?? -1} AND NOT coalesce(removed, false) AND NOT missing AND problem IS NULL
       ${byKey ? 'AND archive_id IS NOT NULL' : ''})`;
  const name = byKey ? `regexp_replace(known.whole, '([^/.]+)\\.[^/]*$', '\\1')` : 'known.whole';
  // Joined and grouped one after the other: both at once would need more memory than the database may use.
  await database.run(
    `CREATE OR REPLACE TEMP TABLE matched AS SELECT place, known.id AS other_id
     FROM listed JOIN ${known} known ON ${name} = ${root} || listed.relative_path`,
  );
  await database.run(
    'CREATE OR REPLACE TEMP TABLE elsewhere AS SELECT place, min(other_id) AS other_id FROM matched GROUP BY place',
  );
  await database.run('DROP TABLE matched');
  if (byKey) {
    await database.run(
      `UPDATE listed SET relative_path = substr(known.whole, length(${root}) + 1)
       FROM elsewhere JOIN ${known} known ON known.id = other_id WHERE elsewhere.place = listed.place`,
    );
  }
  return await database.number('SELECT count(*) FROM elsewhere');
}

/**
 * Creates a temporary table to_meet(row, relative_path, archive) of the listed images that no other source has: files
 * in the order of the list, then archive entries, archive by archive. Returns the number of files.
 */
export async function chooseToMeet(database: Database): Promise<number> {
  await database.run(
    `CREATE OR REPLACE TEMP TABLE to_meet AS
     SELECT row_number() OVER (ORDER BY archive, place) AS row, relative_path, archive
     FROM (SELECT place, relative_path, ${ARCHIVE_PART} AS archive FROM listed ANTI JOIN elsewhere USING (place))
     ORDER BY row`,
  );
  return await database.number("SELECT count(*) FROM to_meet WHERE archive = ''");
}

/** Yields a few thousand at a time. */
export async function* filesToMeet(database: Database, files: number): AsyncGenerator<string[], void> {
  for (let first = 1; first <= files; first += ROWS_AT_ONCE) {
    const last = Math.min(files, first + ROWS_AT_ONCE - 1);
    const found = await database.rows(
      `SELECT relative_path FROM to_meet WHERE row BETWEEN ${first} AND ${last} ORDER BY row`,
    );
    yield found.map(({ relative_path }) => String(relative_path));
  }
}

export async function archivesToMeet(database: Database): Promise<string[]> {
  const found = await database.rows("SELECT DISTINCT archive FROM to_meet WHERE archive <> '' ORDER BY archive");
  return found.map(({ archive }) => String(archive));
}

/** The entries of an archive that the list names, spelled as in the list. */
export async function listedIn(database: Database, archive: string): Promise<ReadonlySet<string>> {
  const found = await database.rows('SELECT relative_path FROM to_meet WHERE archive = ?', [archive]);
  return new Set(found.map(({ relative_path }) => String(relative_path)));
}

export async function beginNames(database: Database): Promise<void> {
  await database.run('CREATE OR REPLACE TEMP TABLE named(key VARCHAR, name VARCHAR)');
}

/** Full names of images listed by key; `nameListed` then applies all of them at once. */
export async function addNames(database: Database, names: ReadonlyMap<string, string>): Promise<void> {
  await database.append('named', ['text', 'text'], names);
}

export async function nameListed(database: Database): Promise<void> {
  await database.run('UPDATE listed SET relative_path = named.name FROM named WHERE named.key = listed.relative_path');
}

/** Marks images as present and unchanged, for the current scan. */
export async function keepImages(database: Database, ids: readonly number[]): Promise<void> {
  await database.append(
    'seen',
    ['bigint'],
    ids.map((id): RowValues => [id]),
  );
  await database.withChosen(ids, async () => {
    const gone = 'missing AND id IN (SELECT id FROM chosen)';
    if (await database.number(`SELECT count(*) FROM images WHERE ${gone}`)) {
      await database.run(`UPDATE images SET missing = false WHERE ${gone}`);
    }
  });
}

const COPIED = [
  ...['width_px', 'height_px', 'format', 'bytes', 'modified_ms', 'file_id'],
  ...['entry_offset', 'entry_bytes', 'entry_deflated'],
];

/** Takes over what another source knows about these images. */
export async function takeFromElsewhere(database: Database, sourceId: number, base: string): Promise<void> {
  const root = literal(`${base.replace(/\/$/, '')}/`);
  const own = `substr(rtrim(folder, '/') || CASE WHEN archives.relative_path = '' THEN '' ELSE '/' || archives.relative_path END,
    length(${root}) + 1)`;
  await database.transaction(async () => {
    await database.run(
      `INSERT INTO archives SELECT (SELECT coalesce(max(id) + 1, 0) FROM archives) + row_number() OVER (ORDER BY path) - 1,
         ${sourceId}, path, bytes, modified_ms
       FROM (SELECT DISTINCT ON (path) ${own} AS path, archives.bytes, archives.modified_ms
         FROM archives JOIN sources ON sources.id = archives.source_id
         WHERE archives.id IN (SELECT archive_id FROM images JOIN elsewhere ON other_id = images.id))
       WHERE path NOT IN (SELECT relative_path FROM archives WHERE source_id = ${sourceId})`,
    );
    await database.run(
      `CREATE OR REPLACE TEMP TABLE taken AS
       SELECT listed.place, listed.relative_path, listed.label, listed.split, mine.id AS known_id, own.id AS archive_id,
         ${COPIED.map((column) => `theirs.${column}`).join(', ')}
       FROM elsewhere JOIN listed USING (place) JOIN images theirs ON theirs.id = other_id
       LEFT JOIN (SELECT archives.id AS their_id, ${own} AS path FROM archives JOIN sources ON sources.id = archives.source_id) a
         ON a.their_id = theirs.archive_id
       LEFT JOIN archives own ON own.source_id = ${sourceId} AND own.relative_path = a.path
       LEFT JOIN images mine ON mine.source_id = ${sourceId} AND mine.relative_path = listed.relative_path`,
    );
    const changes = [...COPIED, 'archive_id'].map((column) => `images.${column} IS DISTINCT FROM taken.${column}`);
    const known = 'taken.known_id = images.id';
    const changed = `${known} AND (missing OR ${changes.join(' OR ')})`;
    if (await database.number(`SELECT count(*) FROM taken JOIN images ON ${changed}`)) {
      const values = [...COPIED, 'archive_id'].map((column) => `${column} = taken.${column}`).join(', ');
      await database.run(
        `UPDATE images SET missing = false, problem = CASE WHEN images.bytes = taken.bytes
           AND images.modified_ms = taken.modified_ms THEN problem END, ${values} FROM taken WHERE ${changed}`,
      );
    }
    const added = await database.number('SELECT count(*) FROM taken WHERE known_id IS NULL');
    const next = await newImageIds(database, added);
    if (added > 0) {
      await database.run(
        `INSERT INTO images (id, source_id, relative_path, split, archive_id, ${COPIED.join(', ')})
         SELECT ${next} + row_number() OVER (ORDER BY place) - 1, ${sourceId}, relative_path,
           CASE WHEN label IS NOT NULL THEN coalesce(taken.split, sources.split) END, archive_id, ${COPIED.join(', ')}
         FROM taken JOIN sources ON sources.id = ${sourceId} WHERE known_id IS NULL ORDER BY place`,
      );
    }
    await database.run(
      `INSERT INTO seen SELECT id FROM images WHERE id >= ${next} UNION ALL SELECT known_id FROM taken WHERE known_id IS NOT NULL`,
    );
  });
  await database.run('DROP TABLE taken');
}

export interface ListedCounts {
  readonly images: number;
  /** Number of present images per class; those without one under null. */
  readonly classes: ReadonlyMap<string | null, number>;
}

/**
 * Records classes, splits, tags and captions of the images this scan saw, where they differ from what was recorded
 * before.
 */
export async function recordWhatIsListed(
  database: Database,
  sourceId: number,
  { kind }: SourceUse,
  setting: LabelSetting,
): Promise<ListedCounts> {
  await database.run(
    `CREATE OR REPLACE TEMP TABLE said AS
     SELECT images.id, images.split AS old_split, listed.* FROM listed
     JOIN images ON images.source_id = ${sourceId} AND images.relative_path = listed.relative_path
     SEMI JOIN seen ON seen.id = images.id`,
  );
  await database.transaction(async () => {
    if (kind === 'labelled') {
      if (setting === 'one') await recordLabels(database);
      else await recordSeveralLabels(database, 'SELECT id AS image_id, unnest(labels) AS class_name FROM said');
      await recordSplits(database, sourceId);
    }
    await recordTexts(
      database,
      sourceId,
      'image_tags',
      'SELECT id, unnest(tags) FROM said WHERE len(tags) > 0 ORDER BY id',
    );
    await recordTexts(
      database,
      sourceId,
      'image_captions',
      'SELECT id, caption FROM said WHERE caption IS NOT NULL ORDER BY id',
    );
  });
  const rows = setting === 'one' ? 'said' : '(SELECT unnest(if(len(labels) > 0, labels, [NULL])) AS label FROM said)';
  const counts = await database.rows(`SELECT label, count(*) AS images FROM ${rows} GROUP BY label ORDER BY label`);
  const images = await database.number('SELECT count(*) FROM said');
  await database.run('DROP TABLE said');
  const classes = new Map<string | null, number>();
  for (const { label, images } of counts) {
    const name = label === null ? null : classNameOf(String(label));
    classes.set(name, (classes.get(name) ?? 0) + Number(images));
  }
  return { images, classes };
}

async function recordLabels(database: Database): Promise<void> {
  const names = await database.rows('SELECT DISTINCT label FROM said WHERE label IS NOT NULL');
  await database.run('CREATE OR REPLACE TEMP TABLE label_names(label VARCHAR, class_name VARCHAR)');
  const rows = names.map(({ label }): RowValues => [String(label), classNameOf(String(label))]);
  await database.append('label_names', ['text', 'text'], rows);
  await findFolderClasses(database, 'SELECT DISTINCT class_name FROM label_names');
  await database.run(
    `INSERT INTO labels SELECT said.id, folder_classes.class_id, 'folder', now() AT TIME ZONE 'UTC'
     FROM said JOIN label_names USING (label) JOIN folder_classes USING (class_name)
     LEFT JOIN (SELECT image_id, arg_max(class_id, decided_at) AS class_id FROM labels WHERE source = 'folder'
       GROUP BY image_id) before ON before.image_id = said.id
     WHERE before.class_id IS DISTINCT FROM folder_classes.class_id ORDER BY said.id`,
  );
  await database.run('DROP TABLE folder_classes');
  await database.run('DROP TABLE label_names');
}

async function recordSplits(database: Database, sourceId: number): Promise<void> {
  // If the row gives no split, one that was drawn since then stays.
  const split = `CASE WHEN label IS NOT NULL THEN coalesce(said.split, old_split,
    (SELECT sources.split FROM sources WHERE sources.id = ${sourceId})) END`;
  const changed = `said.old_split IS DISTINCT FROM (${split})`;
  if (await database.number(`SELECT count(*) FROM said WHERE ${changed}`)) {
    await database.run(`UPDATE images SET split = ${split} FROM said WHERE said.id = images.id AND ${changed}`);
  }
}

/** Replaces all of a source's texts at once if any of them differs. */
async function recordTexts(
  database: Database,
  sourceId: number,
  table: 'image_tags' | 'image_captions',
  said: string,
): Promise<void> {
  const own = `image_id IN (SELECT id FROM images WHERE source_id = ${sourceId})`;
  const digest = (query: string, columns: string) =>
    database.rows(
      `SELECT count(*) AS rows, bit_xor(hash(${columns}))::VARCHAR AS hashes FROM (${query}) texts(image_id, text)`,
    );
  const [before] = await digest(`SELECT * FROM ${table} WHERE ${own}`, 'image_id, text');
  const [now] = await digest(said, 'image_id, text');
  if (before?.rows === now?.rows && before?.hashes === now?.hashes) return;
  if (Number(before?.rows) > 0) await database.run(`DELETE FROM ${table} WHERE ${own}`);
  await database.run(`INSERT INTO ${table} ${said}`);
}

export async function forgetListed(database: Database): Promise<void> {
  for (const table of ['listed', 'elsewhere', 'to_meet', 'named']) await database.run(`DROP TABLE IF EXISTS ${table}`);
}
