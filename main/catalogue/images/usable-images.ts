/** The images whose files exist and can be read, whatever they are used for. */
import type { Database } from '../database.ts';

/** Sorted. */
export async function usableImages(database: Database): Promise<Int32Array> {
  return await database.integers('SELECT id FROM usable_images ORDER BY id');
}

/** A text that changes whenever one of the images, its file or its use changes. */
export async function versionOfUsableImages(database: Database): Promise<string> {
  const [state] = await database.rows(
    'SELECT count(*) AS images, bit_xor(hash(id, kind, split, bytes, modified_ms)) AS hash FROM usable_images',
  );
  return `${state?.images} ${state?.hash}`;
}

export async function heldOutImages(database: Database): Promise<Int32Array> {
  return await database.integers("SELECT id FROM usable_images WHERE kind = 'labelled' AND split <> 'train'");
}

/** Unlike `Catalogue.unlabelledImages`, includes images whose picture counts as another image. */
export async function allUnlabelledImages(database: Database): Promise<Int32Array> {
  return await database.integers("SELECT id FROM usable_images WHERE kind = 'unlabelled'");
}

/** The unlabelled ones among `imageIds`. */
export async function unlabelledAmong(database: Database, imageIds: Int32Array): Promise<Int32Array> {
  if (imageIds.length === 0) return imageIds;
  return await database.withChosen(imageIds, () =>
    database.integers("SELECT id FROM usable_images SEMI JOIN chosen USING (id) WHERE kind = 'unlabelled'"),
  );
}

/** Counts without resolving copies, which is immediate. */
export async function countUsableImages(database: Database): Promise<number> {
  return await database.number('SELECT count(*)::INTEGER FROM images WHERE NOT missing AND problem IS NULL');
}

/** The number of classes that have an image. */
export async function countUsedClasses(database: Database): Promise<number> {
  return await database.number(
    'SELECT count(DISTINCT class_id)::INTEGER FROM image_labels JOIN usable_images ON id = image_id',
  );
}

/**
 * Covers all images, usable or not: the text changes when an image is added, or when a file or its presence changes.
 */
export async function versionOfFiles(database: Database): Promise<string> {
  const [versions] = await database.rows(
    'SELECT count(*) AS files, bit_xor(hash(id, bytes, modified_ms, missing, format))::VARCHAR AS hashes FROM images',
  );
  return `${versions?.files} ${versions?.hashes}`;
}
