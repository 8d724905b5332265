/**
 * The labelled images of a project in which an image may have several classes. Copies of a picture in several class
 * folders are one image with all those classes, represented by the first copy.
 */
import { at } from '../at.ts';
import type { LabelledIds } from './catalogue.ts';
import { COUNTED_IMAGES } from './counted-images.ts';
import { type Database, literal } from './database.ts';
import type { Split } from './source-use.ts';

const PICTURE = 'coalesce(picture, -1 - id)';
const WITH_PICTURES = 'LEFT JOIN same_pictures ON same_pictures.image_id = id';

/** Sorted by image id. */
export async function severalLabelled(database: Database, split: Split): Promise<LabelledIds> {
  const [imageIds, classIds] = await database.columns(
    [Int32Array, Int32Array],
    `WITH chosen_ones AS (SELECT min(id) AS id, ${PICTURE} AS picture FROM ${COUNTED_IMAGES} ${WITH_PICTURES}
         WHERE kind = 'labelled' AND split = ${literal(split)} GROUP BY ALL),
       copies AS (SELECT id AS copy, ${PICTURE} AS picture FROM usable_images ${WITH_PICTURES} WHERE kind = 'labelled')
     SELECT DISTINCT id, class_id FROM chosen_ones JOIN copies USING (picture) JOIN image_labels ON image_id = copy
     ORDER BY id, class_id`,
  );
  return foldedLabels(imageIds, classIds);
}

/** Rows of the same image must be adjacent; the first one becomes its main class. */
export function foldedLabels(rowImages: Int32Array, rowClasses: Int32Array): LabelledIds {
  const isFirst = (row: number) => row === 0 || rowImages[row] !== rowImages[row - 1];
  const pick = (ids: Int32Array, first: boolean) => ids.filter((_, row) => isFirst(row) === first);
  return {
    imageIds: pick(rowImages, true),
    classIds: pick(rowClasses, true),
    further: { imageIds: pick(rowImages, false), classIds: pick(rowClasses, false) },
  };
}

/**
 * A row for each image and each of its classes, sorted by image, then class; returns the same arrays if no image has
 * several.
 */
export function unfoldedLabels({ imageIds, classIds, further }: LabelledIds): {
  readonly imageIds: Int32Array;
  readonly classIds: Int32Array;
} {
  if (!further || further.imageIds.length === 0) return { imageIds, classIds };
  const rows = imageIds.length + further.imageIds.length;
  const unfolded = { imageIds: new Int32Array(rows), classIds: new Int32Array(rows) };
  let [row, next] = [0, 0];
  const add = (imageId: number, classId: number) => {
    unfolded.imageIds[row] = imageId;
    unfolded.classIds[row++] = classId;
  };
  for (const [place, imageId] of imageIds.entries()) {
    add(imageId, at(classIds, place));
    for (; further.imageIds[next] === imageId; next++) add(imageId, at(further.classIds, next));
  }
  return unfolded;
}
