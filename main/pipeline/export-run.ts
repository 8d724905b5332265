/**
 * The result of a run as one file or folder for other programs, at a place of the user's choice. Never replaces a file.
 */
import { copyFile, mkdir, open, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { TEMPORARY_SUFFIX } from '../atomic-file.ts';
import { writeTable } from '../catalogue/exports/export-queries.ts';
import { realFolder, relationOf } from '../catalogue/folder-relation.ts';
import type { Project } from '../catalogue/project.ts';
import { presentSources } from '../catalogue/sources/present-sources.ts';
import { localPath } from '../local-path.ts';
import { asSystemFailure, NotPermitted } from '../system-failure.ts';
import { type Classifier, classifierOfRun } from './classifier.ts';
import { ExportRefused } from './export-refused.ts';
import { predictionsQuery, selectedImagesQuery, selectionQuery } from './export-tables.ts';
import { type TreeKind, writeTree } from './export-tree.ts';
import { exportedNetwork, type OnnxOptions } from './exported-network.ts';
import type { RunRecord } from './run-record.ts';
import { type StageName, stages } from './stages.ts';
import { writeTfjsModel } from './tfjs-model.ts';

export interface Exported {
  readonly file: string;
  readonly bytes: number;
}

const FORMATS = {
  checkpoint: { of: 'model', what: '', ending: '.safetensors' },
  onnx: { of: 'model', what: '', ending: '.onnx' },
  onnxPixels: { of: 'model', what: '-pixels', ending: '.onnx' },
  onnxHalf: { of: 'model', what: '-half', ending: '.onnx' },
  onnxPixelsHalf: { of: 'model', what: '-pixels-half', ending: '.onnx' },
  tfjs: { of: 'model', what: '-tfjs', ending: '' },
  tfjsPixels: { of: 'model', what: '-tfjs-pixels', ending: '' },
  predictionsCsv: { of: 'predictions', what: '-predictions', ending: '.csv' },
  predictionsParquet: { of: 'predictions', what: '-predictions', ending: '.parquet' },
  selectionCsv: { of: 'selection', what: '-selection', ending: '.csv' },
  selectionParquet: { of: 'selection', what: '-selection', ending: '.parquet' },
  selectionLinks: { of: 'selection', what: '-links', ending: '' },
  selectionCopies: { of: 'selection', what: '-images', ending: '' },
  selectionShards: { of: 'selection', what: '-shards', ending: '' },
} as const;

const ONNX: ReadonlyMap<string, OnnxOptions> = new Map([
  ['onnx', { takesPixels: false, halfWeights: false }],
  ['onnxPixels', { takesPixels: true, halfWeights: false }],
  ['onnxHalf', { takesPixels: false, halfWeights: true }],
  ['onnxPixelsHalf', { takesPixels: true, halfWeights: true }],
]);

export type ExportFormat = keyof typeof FORMATS;
export const exportFormats = Object.keys(FORMATS) as [ExportFormat, ...ExportFormat[]];

/** The formats that runs of a stage can be exported to. */
export function exportsOf(stage: StageName): ExportFormat[] {
  return exportFormats.filter((format) => stages[stage].exports.some((kind) => kind === FORMATS[format].of));
}

/** Throws `ExportRefused` for a folder that is or lies in a source or the project, or that does not exist. */
export async function requireExportFolder(project: Project, folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) throw new ExportRefused(`There is no folder ${folder}: choose an existing one.`);
  const path = await realFolder(folder);
  const sources = await presentSources(project.database);
  const kept = [...sources.map(({ folder: own }) => own), project.directory];
  for (const [index, own] of kept.entries()) {
    const real = await realFolder(own);
    const relation = await relationOf(path, real);
    if (relation === 'apart' || relation === 'holds') continue;
    const what = index === kept.length - 1 ? 'the project itself' : 'a source of images';
    throw new ExportRefused(
      `${folder} ${relation === 'same' ? 'is' : 'lies in'} ${what} (${real}), where nothing is exported to: choose another folder.`,
    );
  }
}

/** Exports into `folder` under a generated name. Throws `ExportRefused` if the run has nothing of this kind. */
export async function exportRun(
  project: Project,
  run: RunRecord,
  format: ExportFormat,
  folder: string,
): Promise<Exported> {
  const place = localPath(folder);
  await requireExportFolder(project, place);
  const { what, ending } = FORMATS[format];
  const name = `${plain(project.name)}-${run.id}${what}`;
  const fill = await folderWriterOf(project, run, format);
  if (fill) return await writtenFolder(place, async () => await reserve(place, name, ending, takeFolder), fill);
  const write = await writerOf(project, run, format);
  return await written(place, async () => await reserve(place, name, ending), write);
}

/** Exports to exactly this path. Throws `ExportRefused` as `exportRun` does, and if the file exists already. */
export async function exportRunTo(
  project: Project,
  run: RunRecord,
  format: ExportFormat,
  file: string,
): Promise<Exported> {
  const path = resolve(localPath(file, 'file'));
  await requireExportFolder(project, dirname(path));
  const fill = await folderWriterOf(project, run, format);
  if (fill) return await writtenFolder(dirname(path), async () => await reserveThis(path, takeFolder), fill);
  const write = await writerOf(project, run, format);
  return await written(dirname(path), async () => await reserveThis(path), write);
}

const TREES: ReadonlyMap<string, TreeKind> = new Map([
  ['selectionLinks', 'links'],
  ['selectionCopies', 'copies'],
  ['selectionShards', 'shards'],
]);

/** The formats for TensorFlow.js, and whether the network takes raw pixels. */
const TFJS: ReadonlyMap<string, boolean> = new Map([
  ['tfjs', false],
  ['tfjsPixels', true],
]);

/** Fills an empty folder, and returns the total size of its files in bytes. */
type FolderWriter = (folder: string) => Promise<number>;

/** Undefined for a format that is a single file. Throws `ExportRefused` as `exportRun` does. */
async function folderWriterOf(
  project: Project,
  run: RunRecord,
  format: ExportFormat,
): Promise<FolderWriter | undefined> {
  const kind = TREES.get(format);
  if (kind) {
    const query = await selectedImagesQuery(project, run);
    return async (folder) => await writeTree(project.database, query, kind, folder);
  }
  const takesPixels = TFJS.get(format);
  if (takesPixels === undefined) return undefined;
  const classifier = await classifierOfRun(project, run);
  if (classifier.kind === 'network') {
    return async (folder) => await writeTfjsModel(classifier, takesPixels, folder);
  }
  throw new ExportRefused(
    `The teacher ${run.id} classifies features of a brought network, which cannot be written for TensorFlow.js: export it as ONNX, or export the student.`,
  );
}

async function writtenFolder(place: string, reserveName: () => Promise<string>, fill: FolderWriter): Promise<Exported> {
  return await asExported(place, async () => {
    const file = await reserveName();
    try {
      return { file, bytes: await fill(file) };
    } catch (error) {
      // Removes the folder only if it is empty: anything that appeared meanwhile is somebody else's.
      await rmdir(file).catch(() => {});
      throw error;
    }
  });
}

/** Writes atomically, under the name that `reserveName` claims first. */
async function written(folder: string, reserveName: () => Promise<string>, write: Writer): Promise<Exported> {
  return await asExported(folder, async () => {
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
  });
}

async function asExported(folder: string, work: () => Promise<Exported>): Promise<Exported> {
  try {
    return await work();
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

async function reserveThis(file: string, take = takeName): Promise<string> {
  if (await take(file)) return file;
  throw new ExportRefused(`${file} exists already and is not replaced: choose another name, or remove it.`);
}

/** Claims the first free name with an empty file; a concurrent export gets the next one. */
async function reserve(folder: string, name: string, ending: string, take = takeName): Promise<string> {
  for (let number = 1; ; number++) {
    const file = join(folder, `${name}${number === 1 ? '' : `-${number}`}${ending}`);
    if (await take(file)) return file;
  }
}

/** Creates an empty folder; returns false if the name is taken. */
async function takeFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/** Creates an empty file; returns false if the name is taken. */
async function takeName(file: string): Promise<boolean> {
  try {
    await (await open(file, 'wx')).close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

/** File systems allow 255 bytes for a name; the run's name, the extension and a temporary suffix are appended. */
const LONGEST_NAME_BYTES = 120;

function plain(name: string): string {
  const usable = [...name.replace(/[^\p{L}\p{N}_-]+/gu, '-')];
  while (Buffer.byteLength(usable.join('')) > LONGEST_NAME_BYTES) usable.pop();
  return usable.join('') || 'project';
}

type Writer = (path: string) => Promise<void>;

async function writerOf(project: Project, run: RunRecord, format: ExportFormat): Promise<Writer> {
  const { of } = FORMATS[format];
  if (of === 'model') return await modelWriter(await classifierOfRun(project, run), run, format);
  const query = of === 'selection' ? await selectionQuery(project, run) : await predictionsQuery(project, run);
  const kind = format === 'selectionCsv' || format === 'predictionsCsv' ? 'csv' : 'parquet';
  return (path) => writeTable(project.database, query, path, kind);
}

async function modelWriter(classifier: Classifier, run: RunRecord, format: ExportFormat): Promise<Writer> {
  const options = ONNX.get(format);
  if (options) return async (path) => await writeFile(path, await exportedNetwork(classifier, options));
  if (classifier.kind === 'network') return async (path) => await copyFile(classifier.modelPath, path);
  throw new ExportRefused(
    `The teacher ${run.id} classifies features of a brought network, and no checkpoint holds both: export it as ONNX.`,
  );
}
