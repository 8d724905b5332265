/**
 * Labelled images whose files are byte-equal copies of one another: one picture, however many files contain it. Files
 * are compared in two rounds, so that few of them are read: a sample of those with equal length and dimensions, then
 * the complete files of those whose samples agree. Hashes are stored for that version of the file.
 */
import { at } from '../at.ts';
import { many } from '../many.ts';
import { visible } from '../visible.ts';
import { CONTRADICTED_IMAGES, mayRepeat } from './counted-images.ts';
import type { Database, RowValues } from './database.ts';
import type { ImageFile } from './image-paths.ts';
import { readLabelSetting, SEVERAL_LABELS_HINT } from './label-setting.ts';

export type ComparedPart = 'sample' | 'whole';

export interface FileContent extends Pick<ImageFile, 'id' | 'bytes' | 'modifiedMs'> {
  readonly hash: string;
}

const KNOWN = (part: ComparedPart) =>
  `(SELECT DISTINCT ON (image_id) image_id, bytes, modified_ms, hash FROM file_contents WHERE part = '${part}')`;

/** The labelled images whose files must be read for this round, sorted by id. */
export async function uncomparedFiles(database: Database, part: ComparedPart): Promise<Int32Array> {
  const agreeing =
    part === 'sample'
      ? 'SELECT * FROM labelled'
      : `SELECT labelled.*, hash FROM labelled JOIN ${KNOWN('sample')} known
           ON image_id = id AND known.bytes = labelled.bytes AND known.modified_ms = labelled.modified_ms`;
  const group = `bytes, width_px, height_px, format${part === 'sample' ? '' : ', hash'}`;
  return await database.integers(
    `WITH labelled AS (SELECT id, bytes, modified_ms, width_px, height_px, format FROM usable_images WHERE kind = 'labelled'),
       alike AS (SELECT id, bytes, modified_ms FROM (${agreeing}) QUALIFY count(*) OVER (PARTITION BY ${group}) > 1)
     SELECT id FROM alike WHERE NOT EXISTS (SELECT 1 FROM file_contents known WHERE part = '${part}' AND image_id = id
       AND known.bytes = alike.bytes AND known.modified_ms = alike.modified_ms) ORDER BY id`,
  );
}

/** A known version is replaced. */
export async function recordContents(
  database: Database,
  part: ComparedPart,
  files: readonly FileContent[],
): Promise<void> {
  const ids = files.map(({ id }) => id);
  await database.withChosen(ids, async () => {
    await database.transaction(async () => {
      await database.run('DELETE FROM file_contents WHERE part = ? AND image_id IN (SELECT id FROM chosen)', [part]);
      const rows = files.map(({ id, bytes, modifiedMs, hash }): RowValues => [id, bytes, modifiedMs, part, hash]);
      await database.append('file_contents', ['bigint', 'bigint', 'double', 'text', 'text'], rows);
    });
  });
}

/** Regroups identical pictures, as far as their files have been read. */
export async function groupSamePictures(database: Database): Promise<void> {
  await database.transaction(async () => {
    await database.run('DELETE FROM same_pictures');
    await database.run(
      `INSERT INTO same_pictures
       SELECT id, min(id) OVER (PARTITION BY known.bytes, hash) FROM images JOIN ${KNOWN('whole')} known
         ON image_id = id AND known.bytes = images.bytes AND known.modified_ms = images.modified_ms
       QUALIFY count(*) OVER (PARTITION BY known.bytes, hash) > 1`,
    );
  });
}

/** The picture number of each image that is one of several copies; other images are left out. */
export async function pictureNumbers(database: Database): Promise<ReadonlyMap<number, number>> {
  const [images, pictures] = await database.columns(
    [Int32Array, Int32Array],
    'SELECT image_id, picture FROM same_pictures',
  );
  return new Map(Array.from(images, (image, index) => [image, at(pictures, index)]));
}

const MOST_NAMED = 3;

/** One sentence about pictures that were given several classes; empty if there are none. */
export async function contradictionNotes(database: Database): Promise<string[]> {
  if (!(await mayRepeat(database))) return [];
  const rows = await database.rows(
    `SELECT list(relative_path || chr(0) || name ORDER BY contradicted.id) AS files
     FROM ${CONTRADICTED_IMAGES} contradicted JOIN classes ON classes.id = class_id GROUP BY picture ORDER BY picture`,
  );
  if (rows.length === 0 || (await readLabelSetting(database)) === 'several') return [];
  const named = rows.slice(0, MOST_NAMED).map(({ files }) => fileList(files));
  const more = rows.length > MOST_NAMED ? '; …' : '';
  const what = `${many(rows.length, 'picture')} ${rows.length === 1 ? 'has' : 'have'}`;
  return [
    `${what} more than one class (${named.join('; ')}${more}): such a picture counts for each of them until its copies agree; take away the wrong files and look at the folder again, label one by hand, or merge the classes; ${SEVERAL_LABELS_HINT}.`,
  ];
}

function fileList(files: unknown): string {
  const texts = Array.isArray(files) ? files.map(String) : [];
  const shown = texts.slice(0, MOST_NAMED).map((text) => {
    const [path = '', name = ''] = text.split('\0');
    return `${visible(path)} is “${visible(name)}”`;
  });
  return shown.join(', ') + (texts.length > MOST_NAMED ? ', …' : '');
}
