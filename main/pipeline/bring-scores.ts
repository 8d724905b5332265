/** Brings scores made by any program, as a CSV or Parquet table of image, class and score, as the project's teacher. */
import { copyFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { at } from '../at.ts';
import type { Project } from '../catalogue/project.ts';
import { classesIn, type ScoreColumns, type ScoresFound, saveScores } from '../catalogue/score-table.ts';
import { openTableFile, type TableFile } from '../catalogue/table-file.ts';
import { WrongUsage } from '../failure.ts';
import { localPath } from '../local-path.ts';
import { keepWholeTeacher } from './brought-teacher.ts';
import { mapByNames, mapByTable } from './class-mapping.ts';
import type { CollectionSets } from './collection.ts';
import { readClassTable } from './read-class-table.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import { SCORES } from './score-teacher.ts';
import { shortList } from './short-list.ts';

export interface ScoresCorrections {
  readonly imageColumn?: string | undefined;
  readonly classColumn?: string | undefined;
  readonly scoreColumn?: string | undefined;
  /** A table that maps its classes to the project's. */
  readonly map?: string | undefined;
}

const NAMES: Readonly<Record<keyof ScoreColumns, readonly string[]>> = {
  image: ['path', 'image', 'file', 'filename', 'file_name', 'filepath', 'file_path', 'image_path', 'image_id', 'id'],
  class: ['class', 'label', 'class_name', 'category', 'predicted_class', 'prediction'],
  score: ['score', 'probability', 'confidence', 'prob', 'logit', 'value'],
};
const OPTIONS: Readonly<Record<keyof ScoreColumns, string>> = {
  image: '--image-column',
  class: '--class-column',
  score: '--score-column',
};
const MOST_CLASSES = 100_000;

/** Null if there is no such column. */
type Found = { readonly [Column in keyof ScoreColumns]: string | null };
type Chosen = { readonly [Column in keyof ScoreColumns]: string | undefined };

/** Throws `TableUnreadable`, and `WrongUsage` naming the option that resolves an ambiguity. */
export async function bringScores(
  project: Project,
  file: string,
  corrections: ScoresCorrections,
  { sets, resolved }: { readonly sets: CollectionSets; readonly resolved: ResolvedRecipe },
): Promise<{ readonly id: string; readonly sentences: readonly string[] }> {
  const { database } = project;
  const path = localPath(file, 'file');
  const chosen = { image: corrections.imageColumn, class: corrections.classColumn, score: corrections.scoreColumn };
  const table = await openTableFile(database, path, (cells) => missingColumns(columnsFound(cells, chosen)).length < 2);
  const columns = columnsOf(path, table, chosen);
  const theirs = await classesIn(database, table, path, columns.class, MOST_CLASSES);
  if (theirs.length === 0 || theirs.length === MOST_CLASSES) {
    throw new WrongUsage(
      `The column “${columns.class}” of ${path} has ${theirs.length === 0 ? 'no' : `${MOST_CLASSES} or more`} classes: name another with --class-column.`,
    );
  }
  const { meaning, sentences } =
    corrections.map === undefined
      ? mapByNames(theirs, sets.classNames)
      : mapByTable(theirs, sets.classNames, await readClassTable(database, localPath(corrections.map, 'file')));
  const classIds = new Map(
    theirs.flatMap((name, place) => {
      const ours = at(meaning, place);
      return ours === -1 ? [] : [[name, at(sets.classIds, ours)] as const];
    }),
  );
  const draft = project.path('cache', 'brought-scores.parquet');
  try {
    const asked = { path, columns, classIds, heldOut: sets.heldOut.imageIds, target: draft };
    const found = await saveScores(database, table, asked);
    if (found.images === 0) throw new WrongUsage(nothingFound(path, columns, found));
    const all = [...sentences, ...told(found, sets)];
    const { id } = await keepWholeTeacher(project, {
      ...{ file: path, recipe: resolved, classes: sets, sentences: all, metrics: { scoredImages: found.images } },
      decisive: [{ scores: found.digest, images: found.images }, sets.classIds],
      files: [SCORES],
      write: async (directory) => await copyFile(draft, join(directory, SCORES)),
    });
    return { id, sentences: all };
  } finally {
    await rm(draft, { force: true });
  }
}

function columnsOf(path: string, { columns, hasHeader }: TableFile, chosen: Chosen): ScoreColumns {
  const found = columnsFound(columns, chosen);
  const { image, class: ofClass, score } = found;
  if (image !== null && ofClass !== null && score !== null) return { image, class: ofClass, score };
  const named = hasHeader ? `the columns ${shortList(columns)}` : 'no line that names its columns';
  const what = missingColumns(found).map((column) => `${column} (${OPTIONS[column]})`);
  throw new WrongUsage(`${path} has ${named}, and it is not clear which is the ${what.join(', ')}: name it.`);
}

function missingColumns(found: Found): (keyof ScoreColumns)[] {
  return (['image', 'class', 'score'] as const).filter((column) => found[column] === null);
}

function columnsFound(columns: readonly string[], chosen: Chosen): Found {
  const find = (wanted: keyof ScoreColumns) => {
    const named = chosen[wanted];
    if (named !== undefined) return columns.includes(named) ? named : null;
    return NAMES[wanted].flatMap((name) => columns.filter((column) => column.toLowerCase() === name))[0] ?? null;
  };
  return { image: find('image'), class: find('class'), score: find('score') };
}

function nothingFound(
  path: string,
  { image, score }: ScoreColumns,
  { rows, withoutScore, someUnknown }: ScoresFound,
): string {
  if (rows === 0) return `${path} has no rows: give a table with a row for each image and class.`;
  if (withoutScore === rows) {
    return `No row of ${path} has a number in the column “${score}”: name another with --score-column.`;
  }
  return `No image in the column “${image}” of ${path} is in this project (${someUnknown.join(', ')}): paths are whole, or within the folder that was added.`;
}

function told(
  { images, unknownImages, someUnknown, withoutScore, repeated, heldOutImages, least, most }: ScoresFound,
  sets: CollectionSets,
): string[] {
  const heldOut = sets.heldOut.imageIds.length;
  const one = (count: number, single: string, several: string) => `${count} ${count === 1 ? single : several}`;
  return [
    `${one(images, 'image of the project has', 'images of the project have')} scores.`,
    ...(unknownImages === 0
      ? []
      : [
          `${one(unknownImages, 'image of the table is', 'images of the table are')} not in the project (${someUnknown.join(', ')}).`,
        ]),
    ...(withoutScore === 0
      ? []
      : [
          `${one(withoutScore, 'row has no number as its score and is', 'rows have no number as their score and are')} left out.`,
        ]),
    ...(repeated === 0
      ? []
      : [`${one(repeated, 'row repeats', 'rows repeat')} an image and a class: the highest score counts.`]),
    ...(heldOutImages === heldOut
      ? []
      : [
          `Of the ${heldOut} held-out images ${heldOutImages} have scores: in the comparison the teacher is wrong about the others.`,
        ]),
    ...(least >= 0 && most <= 1
      ? []
      : [`The scores go from ${least} to ${most}: they rank images, but are not probabilities.`]),
  ];
}
