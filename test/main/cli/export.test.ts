/** Exporting the results of runs. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession } from 'onnxruntime-node';
import { beforeAll, expect, it } from 'vitest';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import { saveRunClasses } from '../../../main/catalogue/run-classes.ts';
import { MODEL, recordRunFiles } from '../../../main/catalogue/run-files.ts';
import { saveSelection } from '../../../main/catalogue/selection.ts';
import { loadModel, saveModel } from '../../../main/models/checkpoint.ts';
import { architecture } from '../../../main/models/family.ts';
import { initialState } from '../../../main/models/network.ts';
import type { RunRecord } from '../../../main/pipeline/run-record.ts';
import { writeRun } from '../../../main/pipeline/runs.ts';
import { here } from '../command-here.ts';
import { jsonLines } from '../command-line.ts';

const root = mkdtempSync(join(tmpdir(), 'understudy-export-'));
const directory = join(root, 'project');
const out = join(root, 'out');
const STUDENT = 'finetune-0123456789ab';
const SELECTION = 'select-0123456789ab';
const CLASSES = { classIds: [0, 1], classNames: ['=1+1', 'bee'] };

beforeAll(async () => {
  mkdirSync(out);
  const project = await createProject(directory, { name: 'Insects' });
  await project.database.run("INSERT INTO sources (id, kind, folder) VALUES (0, 'unlabelled', '/images')");
  await project.database.run(
    `INSERT INTO images (id, source_id, relative_path, width_px, height_px, format, bytes, modified_ms)
     VALUES (3, 0, 'a.jpg', 9, 9, 'jpeg', 9, 9), (4, 0, 'b.jpg', 9, 9, 'jpeg', 9, 9)`,
  );
  await addRun(project, SELECTION, 'select', []);
  await saveRunClasses(project, SELECTION, CLASSES);
  const selection = { imageIds: Int32Array.of(4, 3), classIds: Int32Array.of(0, 1), ranks: Int32Array.of(1, 1) };
  const probabilities = Float32Array.of(0.75, 0.5);
  await saveSelection(project, SELECTION, { ...selection, probabilities }, new Int32Array());
  await addRun(project, STUDENT, 'finetune', [SELECTION]);
  const network = architecture('small-basic', 2);
  await saveModel(project.path('runs', STUDENT, 'model.safetensors'), {
    ...{ network, weights: initialState(network, 2), classNames: CLASSES.classNames, imageSizePx: 32, provenance: {} },
  });
  await recordRunFiles(project.path('runs', STUDENT), [MODEL]);
  await project.close();
});

async function addRun(project: Project, id: string, stage: RunRecord['stage'], parents: string[]): Promise<void> {
  mkdirSync(project.path('runs', id), { recursive: true });
  const at = '2026-01-01T00:00:00.000Z';
  const rest = { reason: null, seed: 1, recipe: {}, engine: 'onnxruntime', device: 'cpu', versions: {}, metrics: {} };
  await writeRun(project, { ...rest, id, stage, key: id, parents, state: 'succeeded', startedAt: at, finishedAt: at });
}

const exported = (...options: string[]) => here('export', directory, ...options);

it('writes a model as a checkpoint and as ONNX, a selection as CSV and as Parquet', async () => {
  const [checkpoint, onnx] = [join(out, 'student.safetensors'), join(out, 'student.onnx')];
  const [line] = jsonLines(await exported('--what', 'checkpoint', '--run', STUDENT, '--to', checkpoint, '--json'));
  expect(line).toMatchObject({ event: 'exported', what: 'checkpoint', run: STUDENT, file: checkpoint });
  expect((await loadModel(checkpoint)).classNames).toEqual(CLASSES.classNames);
  expect((await exported('--what', 'onnx', '--to', onnx)).stdout).toContain(onnx);
  await (await InferenceSession.create(onnx)).release();
  // Into a folder, under a generated name; a student's selection is the one it learnt from.
  expect((await exported('--what', 'selection', '--run', 'finetune', '--to', out)).code).toBe(0);
  expect(readFileSync(join(out, `Insects-${STUDENT}-selection.csv`), 'utf8')).toBe(
    "path,class,rank,probability\n/images/b.jpg,'=1+1,1,0.75\n/images/a.jpg,bee,1,0.5\n",
  );
  const parquet = join(out, 'kept.parquet');
  expect((await exported('--what', 'selection', '--to', parquet)).code).toBe(0);
  expect(readFileSync(parquet).subarray(0, 4).toString()).toBe('PAR1');
});

it('writes a model for TensorFlow.js as a folder, which is never replaced', async () => {
  const folder = join(out, 'web');
  const [line] = jsonLines(await exported('--what', 'tfjs', '--pixels', '--to', folder, '--json'));
  expect(line).toMatchObject({ event: 'exported', what: 'tfjs', run: STUDENT, file: folder });
  const { format, signature, userDefinedMetadata } = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
  expect(format).toBe('graph-model');
  expect(Object.keys(signature.inputs)).toEqual(['pixels']);
  expect(userDefinedMetadata.classNames).toEqual(CLASSES.classNames);
  // An existing folder receives the export; an existing file stays.
  expect((await exported('--what', 'tfjs', '--to', folder)).stdout).toContain(join(folder, `Insects-${STUDENT}-tfjs`));
  expect(existsSync(join(folder, `Insects-${STUDENT}-tfjs`, 'model.json'))).toBe(true);
  writeFileSync(join(out, 'file'), 'mine');
  expect((await exported('--what', 'tfjs', '--to', join(out, 'file'))).stderr).toMatch(
    /file exists already and is not/,
  );
  expect(readFileSync(join(out, 'file'), 'utf8')).toBe('mine');
  expect((await exported('--what', 'tfjs', '--half', '--to', join(out, 'half'))).code).toBe(2);
  expect(existsSync(join(out, 'half'))).toBe(false);
});

it('reports what is wrong in one sentence, and writes nothing', async () => {
  const there = join(out, 'there.csv');
  writeFileSync(there, 'mine');
  const refused = async (code: number, sentence: RegExp, ...options: string[]) => {
    const finished = await exported(...options);
    expect(finished.stderr.trim().split('\n').at(-1)).toMatch(sentence);
    expect(finished.code).toBe(code);
  };
  const to = (name: string) => ['--to', join(out, name)];
  await refused(1, /there\.csv exists already and is not replaced/, '--what', 'selection', ...to('there.csv'));
  expect(readFileSync(there, 'utf8')).toBe('mine');
  await refused(
    2,
    /no finished run “teacher-9”.*choose one of select-.*, finetune-/,
    '--what',
    'onnx',
    '--run',
    'teacher-9',
    ...to('x'),
  );
  await refused(2, /no finished run of the stage “evaluate” yet/, '--what', 'predictions', ...to('x'));
  await refused(1, /No predictions of the run .* are kept/, '--what', 'predictions', '--run', STUDENT, ...to('x'));
  await refused(1, /has no finished model/, '--what', 'onnx', '--run', 'select', ...to('x'));
  await refused(2, /--format is for predictions and selections/, '--what', 'onnx', '--format', 'csv', ...to('x'));
  await refused(1, /There is no folder/, '--what', 'onnx', '--to', join(root, 'nowhere', 'x.onnx'));
  await refused(1, /where nothing is exported to/, '--what', 'onnx', '--to', join(directory, 'x.onnx'));
  expect(existsSync(join(out, 'x'))).toBe(false);
});
