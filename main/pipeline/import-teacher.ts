/**
 * A model file as a teacher: from another project, from torchvision or from timm. Its outputs become the project's classes,
 * by their names where the file has them, or else in their order; everything else about it stays as it was trained.
 */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Project } from '../catalogue/project.ts';
import { saveRunClasses } from '../catalogue/run-classes.ts';
import { MODEL, recordRunFiles, verifyRunFiles } from '../catalogue/run-files.ts';
import { sha256OfFile } from '../checksum.ts';
import { architectureOf } from '../models/architectures.ts';
import { describeModel, loadModel, type ModelDescription, type SavedModel, saveModel } from '../models/checkpoint.ts';
import { valueAt } from '../value-at.ts';
import type { Collection } from './collection.ts';
import { keepAsTeacher, TeacherUnfit } from './given-teacher.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import type { RunRecord } from './run-record.ts';
import { readRun, writeRun } from './runs.ts';
import { softwareVersions } from './versions.ts';

type Classes = Pick<Collection, 'classIds' | 'classNames'>;

/** What every imported run's reason begins with. */
const IMPORTED = 'Imported from ';

/**
 * The run of the imported model, which the project's recipe uses from now on; its reason says how its outputs were taken.
 * `classes` are those that the collection has now. Throws `TeacherUnfit` when the model does not tell them apart, and what
 * `loadModel` throws.
 */
export async function importTeacher(
  project: Project,
  file: string,
  classes: Classes,
  recipe: ResolvedRecipe,
): Promise<RunRecord> {
  const model = await describeModel(file);
  const outputs = outputsByClass(file, model, classes.classNames);
  const key = createHash('sha256')
    .update(JSON.stringify({ file: (await sha256OfFile(file)).sha256, classIds: classes.classIds, outputs }))
    .digest('hex');
  const id = `teacher-${key.slice(0, 12)}`;
  const directory = project.path('runs', id);
  const known = await readRun(project, id);
  const record: RunRecord = known ?? newRecord(id, key, file, model, classes.classNames, recipe);
  if (known?.state !== 'succeeded' || !(await allSound(directory))) {
    await mkdir(directory, { recursive: true });
    const own = reordered(await loadModel(file), outputs, classes.classNames, { run: id, file });
    await saveModel(join(directory, MODEL), own);
    await recordRunFiles(directory, [MODEL], { broughtIn: basename(file) });
    await saveRunClasses(project, id, classes);
    await writeRun(project, record);
  }
  await keepAsTeacher(project, id);
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
  file: string,
  { written, imageSizePx }: ModelDescription,
  classNames: readonly string[],
  recipe: ResolvedRecipe,
): RunRecord {
  const now = new Date().toISOString();
  const reason = written
    ? `${IMPORTED}${basename(file)}.`
    : `${IMPORTED}${basename(file)}; it names no classes, so its outputs are taken as ${shortList(classNames)}, in this order, and it is given images of ${imageSizePx} × ${imageSizePx} pixels.`;
  return {
    ...{ id, stage: 'teacher', key, parents: [], state: 'succeeded', metrics: {}, seed: 0, reason },
    recipe: { ...recipe, imageSizePx },
    ...{ engine: 'none', device: 'none', versions: softwareVersions(), startedAt: now, finishedAt: now },
  };
}

/** Of each of the project's classes, the model's output. Throws `TeacherUnfit`. */
function outputsByClass(
  file: string,
  { network, classNames, written }: ModelDescription,
  wanted: readonly string[],
): number[] {
  if (network.classes !== wanted.length) {
    throw new TeacherUnfit(
      `${file} tells ${network.classes} classes apart, and this project has ${wanted.length} (${shortList(wanted)}): train its last layer for these classes where it comes from and import that, or train a teacher here.`,
    );
  }
  if (!written || classNames.length === 0) return wanted.map((_, output) => output);
  const outputs = wanted.map((name) => classNames.indexOf(name));
  if (new Set(outputs).size === wanted.length && !outputs.includes(-1)) return outputs;
  const missing = wanted.find((name) => !classNames.includes(name)) ?? wanted[0];
  const other = classNames.find((name) => !wanted.includes(name)) ?? classNames[0];
  throw new TeacherUnfit(
    `${file} knows a class “${other}” and no class “${missing}”, which this project has: rename the project's classes to the model's, or bring another model.`,
  );
}

/** The same network with its outputs in the project's order, under the project's names. */
function reordered(
  model: SavedModel,
  outputs: readonly number[],
  classNames: readonly string[],
  { run, file }: { readonly run: string; readonly file: string },
): SavedModel {
  const weights = new Map(model.weights);
  for (const name of Object.values(architectureOf(model.network).classifier)) {
    const values = valueAt(model.weights, name);
    const rowLength = values.length / outputs.length;
    const rows = new Float32Array(values.length);
    outputs.forEach((output, place) => {
      rows.set(values.subarray(output * rowLength, (output + 1) * rowLength), place * rowLength);
    });
    weights.set(name, rows);
  }
  return { ...model, weights, classNames, provenance: { ...model.provenance, run, importedFrom: basename(file) } };
}

async function allSound(directory: string): Promise<boolean> {
  for await (const { state } of verifyRunFiles(directory)) if (state === 'damaged') return false;
  return true;
}

function shortList(names: readonly string[]): string {
  return `${names.slice(0, 5).join(', ')}${names.length > 5 ? ', …' : ''}`;
}
