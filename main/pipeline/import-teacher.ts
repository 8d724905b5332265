/**
 * A model file as a teacher: from another project, from torchvision or from timm. Its outputs become the project's classes,
 * by their names where the file has them, or else in their order; everything else about it stays as it was trained.
 */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Project } from '../catalogue/project.ts';
import { saveRunClasses } from '../catalogue/run-classes.ts';
import { MODEL, recordRunFiles, runFilesAreSound } from '../catalogue/run-files.ts';
import { saveModel } from '../models/checkpoint.ts';
import { standardPreprocessing } from '../models/model-preprocessing.ts';
import { loadStart } from '../models/starting-weights.ts';
import type { Collection } from './collection.ts';
import { keepBroughtTeacher, TeacherUnfit } from './given-teacher.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import { resolvedStart } from './resolved-start.ts';
import type { RunRecord } from './run-record.ts';
import { nextSequence, readRun, writeRun } from './runs.ts';
import type { StartingWeights } from './starting-weights.ts';
import { softwareVersions } from './versions.ts';

type Classes = Pick<Collection, 'classIds' | 'classNames'>;

/** What every imported run's reason begins with. */
export const IMPORTED = 'Imported from ';

/**
 * The run of the imported model, which the project's recipe uses from now on; its reason says how its outputs were taken.
 * `weights` say what the file is, `classes` which classes the collection has now. Throws `TeacherUnfit` when the model does not
 * tell them apart, and what `loadStart` throws.
 */
export async function importTeacher(
  project: Project,
  file: string,
  weights: StartingWeights,
  classes: Classes,
  recipe: ResolvedRecipe,
): Promise<RunRecord> {
  const { classIds, classNames } = classes;
  const outputs = outputsByClass(weights, classNames);
  if (!outputs) throw new TeacherUnfit(unfitMessage(file, weights, classNames));
  const { imageSizePx, preprocessing, sha256 } = weights;
  const key = createHash('sha256')
    .update(
      JSON.stringify({
        ...{ file: sha256, classIds, outputs },
        // Absent where it is the usual: so earlier releases named what they imported.
        ...(isDeepStrictEqual(preprocessing, standardPreprocessing(imageSizePx)) ? {} : { preprocessing }),
      }),
    )
    .digest('hex');
  const id = `teacher-${key.slice(0, 12)}`;
  const directory = project.path('runs', id);
  const known = await readRun(project, id);
  const record: RunRecord = known ?? {
    ...newRecord(id, key, weights, classNames, recipe),
    sequence: await nextSequence(project),
  };
  if (known?.state !== 'succeeded' || !(await runFilesAreSound(directory))) {
    await mkdir(directory, { recursive: true });
    const network = { ...weights.network, classes: classNames.length };
    const own = await loadStart(file, network, outputs, 0);
    const provenance = { run: id, importedFrom: basename(file) };
    const model = { network, weights: own, classNames, imageSizePx, preprocessing, provenance };
    await saveModel(join(directory, MODEL), model);
    await recordRunFiles(directory, [MODEL], { broughtIn: basename(file) });
    await saveRunClasses(project, id, classes);
    await writeRun(project, record);
  }
  await keepBroughtTeacher(project, { run: id });
  return record;
}

/** The name of the file that a teacher was imported from; undefined for a run that was trained here. */
export function importedFile({ engine, reason }: Pick<RunRecord, 'engine' | 'reason'>): string | undefined {
  if (engine !== 'none' || !reason?.startsWith(IMPORTED)) return undefined;
  return reason.slice(IMPORTED.length).split('; ')[0]?.replace(/\.$/, '');
}

function newRecord(
  id: string,
  key: string,
  { file, classNames: named, imageSizePx }: StartingWeights,
  classNames: readonly string[],
  recipe: ResolvedRecipe,
): RunRecord {
  const now = new Date().toISOString();
  const reason = named
    ? `${IMPORTED}${file}.`
    : `${IMPORTED}${file}; it names no classes, so its outputs are taken as ${shortList(classNames)}, in this order, and it is given images of ${imageSizePx} × ${imageSizePx} pixels.`;
  return {
    ...{ id, stage: 'teacher', key, parents: [], state: 'succeeded', metrics: {}, seed: 0, reason },
    recipe: { ...recipe, imageSizePx },
    ...{ engine: 'none', device: 'none', versions: softwareVersions(), startedAt: now, finishedAt: now },
  };
}

/**
 * Of each of the project's classes the output that stands for it: by their names where the file has them, or else in their
 * order. Undefined when it does not tell them all apart: trainings can begin from it, but it is no teacher as it is.
 */
export function outputsByClass(weights: StartingWeights, classNames: readonly string[]): readonly number[] | undefined {
  const rows = resolvedStart(weights, classNames).headRows;
  if (rows !== null) return rows;
  const inOrder = weights.hasHead && weights.classNames === null && weights.network.classes === classNames.length;
  return inOrder ? classNames.map((_, output) => output) : undefined;
}

function unfitMessage(file: string, { network, hasHead }: StartingWeights, classNames: readonly string[]): string {
  const has = hasHead ? `tells ${network.classes} other classes apart` : 'has no classifier';
  return `${file} ${has}, and this project has ${classNames.length} (${shortList(classNames)}): begin the teacher's training from it instead.`;
}

function shortList(names: readonly string[]): string {
  return `${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`;
}
