/** The images whose files are there and can be read, whatever they are for. */
import type { Database } from '../database.ts';

/** Sorted. */
export async function usableImages(database: Database): Promise<Int32Array> {
  return await database.integers('SELECT id FROM usable_images ORDER BY id');
}

/** Another text whenever one of them, its file or its use is another. */
export async function versionOfUsableImages(database: Database): Promise<string> {
  const [state] = await database.rows(
    'SELECT count(*) AS images, bit_xor(hash(id, kind, split, bytes, modified_ms)) AS hash FROM usable_images',
  );
  return `${state?.images} ${state?.hash}`;
}

export async function heldOutImages(database: Database): Promise<Int32Array> {
  return await database.integers("SELECT id FROM usable_images WHERE kind = 'labelled' AND split <> 'train'");
}

/** Also those that are another one's picture, unlike `Catalogue.unlabelledImages`. */
export async function allUnlabelledImages(database: Database): Promise<Int32Array> {
  return await database.integers("SELECT id FROM usable_images WHERE kind = 'unlabelled'");
}

/** Of these, the ones that nobody labelled. */
export async function unlabelledAmong(database: Database, imageIds: Int32Array): Promise<Int32Array> {
  if (imageIds.length === 0) return imageIds;
  return await database.withChosen(imageIds, () =>
    database.integers("SELECT id FROM usable_images SEMI JOIN chosen USING (id) WHERE kind = 'unlabelled'"),
  );
}

/** How many there are, asked of the images alone, which is at once. */
export async function countUsableImages(database: Database): Promise<number> {
  return await database.number('SELECT count(*)::INTEGER FROM images WHERE NOT missing AND problem IS NULL');
}

/** How many classes have an image. */
export async function countUsedClasses(database: Database): Promise<number> {
  return await database.number(
    'SELECT count(DISTINCT class_id)::INTEGER FROM image_labels JOIN usable_images ON id = image_id',
  );
}

/** Of all images, usable or not: another text whenever there is one more, or a file or whether it is there is another. */
export async function versionOfFiles(database: Database): Promise<string> {
  const [versions] = await database.rows(
    'SELECT count(*) AS files, bit_xor(hash(id, bytes, modified_ms, missing, format))::VARCHAR AS hashes FROM images',
  );
  return `${versions?.files} ${versions?.hashes}`;
}
