/** What a run made, as one file for other programs, where the person wants it. Never replaces a file. */
import { existsSync } from 'node:fs';
import { copyFile, open, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { at } from '../at.ts';
import { TEMPORARY_SUFFIX } from '../atomic-file.ts';
import { saveCsv } from '../catalogue/csv.ts';
import { literal } from '../catalogue/database.ts';
import { realFolder, relationOf } from '../catalogue/folder-relation.ts';
import type { Project } from '../catalogue/project.ts';
import { loadRunClasses } from '../catalogue/run-classes.ts';
import { findRunFile, MODEL } from '../catalogue/run-files.ts';
import { selectionTable } from '../catalogue/selection.ts';
import { ExpectedFailure } from '../failure.ts';
import { localPath } from '../local-path.ts';
import { loadModel } from '../models/checkpoint.ts';
import { asSystemFailure, NotPermitted } from '../system-failure.ts';
import { onnxModel } from './onnx-model.ts';
import { predictionsTable } from './predictions.ts';
import type { RunRecord } from './run-record.ts';
import { readRun, readRuns } from './runs.ts';
import { modelOf, type StageName, stages } from './stages.ts';

export interface Exported {
  readonly file: string;
  readonly bytes: number;
}

export class ExportRefused extends ExpectedFailure {}

const FORMATS = {
  checkpoint: { of: 'model', what: '', ending: '.safetensors' },
  onnx: { of: 'model', what: '', ending: '.onnx' },
  predictionsCsv: { of: 'predictions', what: '-predictions', ending: '.csv' },
  predictionsParquet: { of: 'predictions', what: '-predictions', ending: '.parquet' },
  selectionCsv: { of: 'selection', what: '-selection', ending: '.csv' },
  selectionParquet: { of: 'selection', what: '-selection', ending: '.parquet' },
} as const;

export type ExportFormat = keyof typeof FORMATS;
export const exportFormats = Object.keys(FORMATS) as [ExportFormat, ...ExportFormat[]];

/** What runs of a stage can be exported as. */
export function exportsOf(stage: StageName): ExportFormat[] {
  return exportFormats.filter((format) => stages[stage].exports.some((kind) => kind === FORMATS[format].of));
}

/** Throws `ExportRefused` for a folder that is, lies in or holds a source or the project, or that is not there. */
export async function requireExportFolder(project: Project, folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) throw new ExportRefused(`There is no folder ${folder}: choose one that is there.`);
  const path = await realFolder(folder);
  const sources = await project.database.rows('SELECT folder FROM sources WHERE NOT coalesce(removed, false)');
  const kept = [...sources.map((source) => String(source.folder)), project.directory];
  for (const [index, own] of kept.entries()) {
    const real = await realFolder(own);
    if ((await relationOf(path, real)) === 'apart') continue;
    const what = index === kept.length - 1 ? 'the project itself' : 'a source of images';
    throw new ExportRefused(`${folder} and ${real} (${what}) lie inside one another: choose a folder apart from it.`);
  }
}

/** In `folder`, under a name of its own. Throws `ExportRefused` when the run has nothing of this kind. */
export async function exportRun(
  project: Project,
  run: RunRecord,
  format: ExportFormat,
  folder: string,
): Promise<Exported> {
  const place = localPath(folder);
  await requireExportFolder(project, place);
  const write = await writerOf(project, run, format);
  const { what, ending } = FORMATS[format];
  const name = `${plain(project.name)}-${run.id}${what}`;
  return await written(place, async () => await reserve(place, name, ending), write);
}

/** As exactly this file. Throws `ExportRefused` as `exportRun` does, and where the file is there already. */
export async function exportRunTo(
  project: Project,
  run: RunRecord,
  format: ExportFormat,
  file: string,
): Promise<Exported> {
  const path = resolve(localPath(file, 'file'));
  await requireExportFolder(project, dirname(path));
  const write = await writerOf(project, run, format);
  return await written(dirname(path), async () => await reserveThis(path), write);
}

/** Whole or not at all, under the name that `reserve` takes first. */
async function written(folder: string, reserveName: () => Promise<string>, write: Writer): Promise<Exported> {
  try {
    const file = await reserveName();
    const temporary = `${file}${TEMPORARY_SUFFIX}`;
    try {
      await write(temporary);
      await rename(temporary, file);
    } catch (error) {
      await rm(temporary, { force: true });
      await rm(file, { force: true });
      throw error;
    }
    return { file, bytes: (await stat(file)).size };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENAMETOOLONG') {
      throw new ExportRefused(
        `The name of the file to write in ${folder} is too long for the disk: choose a shorter one.`,
      );
    }
    const failure = asSystemFailure(error, folder);
    if (!(failure instanceof NotPermitted)) throw failure;
    throw new ExportRefused(`${folder} may not be written to: choose another folder.`);
  }
}

async function reserveThis(file: string): Promise<string> {
  if (await takeName(file)) return file;
  throw new ExportRefused(`${file} is there already and is not replaced: choose another name, or remove it.`);
}

/** An empty file of the first free name; whoever comes at the same time gets the next. */
async function reserve(folder: string, name: string, ending: string): Promise<string> {
  for (let number = 1; ; number++) {
    const file = join(folder, `${name}${number === 1 ? '' : `-${number}`}${ending}`);
    if (await takeName(file)) return file;
  }
}

/** Makes an empty file; false where one is there. */
async function takeName(file: string): Promise<boolean> {
  try {
    await (await open(file, 'wx')).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

function plain(name: string): string {
  return name.replace(/[^\p{L}\p{N}_-]+/gu, '-').slice(0, 80) || 'project';
}

type Writer = (path: string) => Promise<void>;

async function writerOf(project: Project, run: RunRecord, format: ExportFormat): Promise<Writer> {
  if (format === 'checkpoint' || format === 'onnx') {
    const model = await requireModel(project, run);
    if (format === 'checkpoint') return async (path) => await copyFile(model, path);
    return async (path) => await writeFile(path, onnxModel(await loadModel(model)));
  }
  const selects = format === 'selectionCsv' || format === 'selectionParquet';
  const query = selects ? await selectionQuery(project, run) : await predictionsQuery(project, run);
  const { database } = project;
  if (format === 'selectionCsv' || format === 'predictionsCsv') return (path) => saveCsv(database, query, path);
  return (path) => database.run(`COPY (${query}) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`);
}

/** The path of the run's model, as it was written. Throws `ExportRefused` or `StoredDataDamaged`. */
export async function requireModel(project: Project, run: RunRecord): Promise<string> {
  const path = run.state === 'succeeded' ? await findRunFile(project.path('runs', run.id), MODEL) : undefined;
  if (path !== undefined) return path;
  throw new ExportRefused(`The run ${run.id} has no finished model: choose a teacher or a student that is trained.`);
}

const IMAGES = `(SELECT images.id, folder || '/' || relative_path AS path FROM images JOIN sources ON sources.id = source_id)`;

async function selectionQuery(project: Project, run: RunRecord): Promise<string> {
  const select = await newestRelated(project, run, 'select');
  if (!select) throw new ExportRefused(`The run ${run.id} builds on no selection: choose a selection or a student.`);
  return `SELECT path, name AS class, rank, probability FROM ${await selectionTable(project, select.id)} kept
    JOIN ${IMAGES} images ON images.id = kept.image_id JOIN ${await classTable(project, select.id)} classes USING (class_id)
    ORDER BY class_id, rank`;
}

/** Of a labelling its scores; of a comparison what every model said; of a model what it said in the newest comparison. */
async function predictionsQuery(project: Project, run: RunRecord): Promise<string> {
  if (stages[run.stage].cost === 'predict' && run.state === 'succeeded') {
    return `SELECT path, name AS class, rank_in_image AS rank, probability FROM ${await project.scores.table(run.id)} scores
      JOIN ${IMAGES} images ON images.id = scores.image_id JOIN ${await classTable(project, run.id)} classes USING (class_id)
      ORDER BY scores.image_id, rank_in_image`;
  }
  const evaluation =
    run.stage === 'evaluate' ? run : (await readRuns(project)).findLast((one) => compares(project, one, run));
  const predictions = evaluation && (await predictionsTable(project, evaluation.id));
  if (!evaluation || predictions === undefined) {
    throw new ExportRefused(`No predictions of the run ${run.id} are kept: compare the models, then export.`);
  }
  const classes = await classTable(project, evaluation.id);
  const model = modelOf(run.stage);
  return `SELECT path, truth.name AS true_class, model, predicted.name AS predicted_class, probability
    FROM ${predictions} predictions JOIN ${IMAGES} images ON images.id = predictions.image_id
    JOIN ${classes} truth ON truth.output = true_output
    JOIN ${classes} predicted ON predicted.output = predicted_output
    ${model === undefined ? '' : `WHERE model = ${literal(model)}`} ORDER BY predictions.image_id, model`;
}

function compares(project: Project, { id, stage, state, parents }: RunRecord, run: RunRecord): boolean {
  const finished = stage === 'evaluate' && state === 'succeeded' && parents.includes(run.id);
  return finished && existsSync(project.path('runs', id, 'predictions.parquet'));
}

/** The run itself or the newest of this stage that it builds on. */
async function newestRelated(project: Project, run: RunRecord, stage: StageName): Promise<RunRecord | undefined> {
  if (run.stage === stage) return run.state === 'succeeded' ? run : undefined;
  for (const parent of run.parents.toReversed()) {
    const above = await readRun(project, parent);
    const found = above && (await newestRelated(project, above, stage));
    if (found) return found;
  }
  return undefined;
}

async function classTable(project: Project, runId: string): Promise<string> {
  const { classIds, classNames } = await loadRunClasses(project, runId);
  const rows = classIds.map((id, output) => `(${output}, ${id}, ${literal(at(classNames, output))})`);
  return `(SELECT * FROM (VALUES ${rows.join(', ')}) listed(output, class_id, name))`;
}
