/**
 * Brings an ONNX classifier as the project's teacher: its outputs for an image are stored like features, and a table
 * maps its classes to the project's, so that changing the mapping does not require running the network again.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Project } from '../catalogue/project.ts';
import { WrongUsage } from '../failure.ts';
import { localPath } from '../local-path.ts';
import { saveHead } from '../models/feature-head.ts';
import { parsedNames } from '../models/onnx/class-names.ts';
import { describeClassifier } from '../models/onnx/foreign-classifier.ts';
import { presetNames } from '../models/onnx/preprocessing.ts';
import { keepWholeTeacher } from './brought-teacher.ts';
import { mapByNames, mapByTable } from './class-mapping.ts';
import type { CollectionSets } from './collection.ts';
import { type ExtractorCorrections, keepExtractor } from './extractors.ts';
import { HEAD } from './feature-teacher.ts';
import { readClassTable } from './read-class-table.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';

export interface ClassifierCorrections extends ExtractorCorrections {
  /** A file with its class names. */
  readonly classes?: string | undefined;
  /** A CSV or Parquet file that maps its classes to the project's. */
  readonly map?: string | undefined;
}

/** Throws `WrongUsage` naming the option that resolves the ambiguity, and what `describeClassifier` throws. */
export async function bringClassifier(
  project: Project,
  file: string,
  corrections: ClassifierCorrections,
  { sets, resolved }: { readonly sets: CollectionSets; readonly resolved: ResolvedRecipe },
): Promise<{ readonly id: string; readonly sentences: readonly string[] }> {
  const described = await describeClassifier(file, { provider: 'cpu' }, corrections.output);
  if (!described.sure && corrections.preset === undefined) {
    throw new WrongUsage(
      `Nothing says how to preprocess pictures for ${file}, and a classifier fails with the wrong preprocessing: choose it with --preset (${presetNames.join(', ')}).`,
    );
  }
  const { dimension } = described.extractor;
  const named =
    corrections.classes === undefined ? described.classNames : await namesIn(corrections.classes, dimension);
  if (named === undefined && corrections.map === undefined) {
    throw new WrongUsage(
      `${file} does not say what its ${dimension} classes are called: give a file of their names with --classes (one per line, in their order, or JSON), or their numbers and yours with --map.`,
    );
  }
  const theirs = named ?? Array.from({ length: dimension }, (_, place) => String(place));
  const { classNames } = sets;
  const { meaning, sentences } =
    corrections.map === undefined
      ? mapByNames(theirs, classNames)
      : mapByTable(theirs, classNames, await readClassTable(project.database, localPath(corrections.map, 'file')));
  const eyes = await keepExtractor(project, file, described, corrections);
  const { given } = described;
  const { id } = await keepWholeTeacher(project, {
    ...{ file, recipe: resolved, classes: sets, sentences, metrics: {} },
    decisive: [{ extractor: eyes.id, given, meaning }, sets.classIds],
    files: [HEAD],
    write: async (directory) =>
      await saveHead(join(directory, HEAD), {
        ...{ kind: 'mapped', given, meaning: Float32Array.from(meaning) },
        ...{ classNames, dimension, extractor: eyes.id },
      }),
  });
  return { id, sentences: [...eyes.reasons, ...sentences] };
}

async function namesIn(file: string, outputs: number): Promise<readonly string[]> {
  const path = localPath(file, 'file');
  const text = await readFile(path, 'utf8').catch(() => {
    throw new WrongUsage(`${path} cannot be read: give a file of class names with --classes.`);
  });
  const names = parsedNames(text);
  if (names?.length === outputs) return names;
  const found = names === undefined ? 'is not a list of names' : `names ${names.length} classes`;
  throw new WrongUsage(
    `${path} ${found}, and the network has ${outputs}: give one name per line, in their order, or JSON.`,
  );
}
