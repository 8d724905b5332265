import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { at } from '../../../main/at.ts';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import { loadSelection } from '../../../main/catalogue/selection.ts';
import { ForeignNetworkUnfit } from '../../../main/engines/onnxruntime/foreign-session.ts';
import { architecture } from '../../../main/models/family.ts';
import { OnnxUnreadable } from '../../../main/models/onnx/onnx-file.ts';
import { referenceWeights } from '../../../main/models/reference-weights.ts';
import { bringAsTeacher } from '../../../main/pipeline/bring-teacher.ts';
import { checkProject } from '../../../main/pipeline/check-project.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { runMethod } from '../../../main/pipeline/method.ts';
import { onnxModel } from '../../../main/pipeline/onnx-model.ts';
import { openWorkspace } from '../../../main/pipeline/open-workspace.ts';
import type { PipelineEvent } from '../../../main/pipeline/workspace.ts';
import { writeReport } from '../../../main/report/write-report.ts';
import { StoredDataDamaged, type Verdict } from '../../../main/stored-data.ts';
import { writeJpeg } from '../image-files.ts';

/** What follows the teacher is as short as can be. */
const RECIPE = {
  recipe: 'demo',
  device: 'cpu',
  set: ['imageSizePx=16', 'batch=8', 'student.width=16', 'label.topP=1', 'select.k=4'],
};
const SHORT = [
  'supervised.enabled=false',
  'pretrain.images=16',
  'finetune.images=16',
  'select.leakGuard=false',
  'select.nearDuplicateGuard=false',
];

let root: string;
let project: Project;
let eyes: string;
let onnx: string;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-eyes-'));
  project = await createProject(join(root, 'project'));
  // Each class is one picture, drawn at different sizes: any eyes can tell them apart.
  for (const [seed, name] of ['ant', 'bee', 'cow'].entries()) {
    for (let index = 0; index < 5; index++) {
      const picture = { seed: 10 * (seed + 1), widthPx: 30 + 7 * index, heightPx: 30 + 7 * index };
      await writeJpeg(join(root, 'labelled', name, `${index}.jpg`), picture);
      await writeJpeg(join(root, 'unlabelled', `${name}-${index}.jpg`), { ...picture, quality: 60 });
    }
  }
  await importFolder(project, { kind: 'labelled', folder: join(root, 'labelled'), split: 'train' });
  await importFolder(project, { kind: 'unlabelled', folder: join(root, 'unlabelled'), split: null });
  // A network whose 1,000 classes have nothing to do with these.
  const network = { ...architecture('small-basic', 1000), layers: [1, 1], width: 16 };
  const rest = { classNames: [], imageSizePx: 32, provenance: {} };
  onnx = join(root, 'resnet_of_formula.onnx');
  writeFileSync(onnx, onnxModel({ network, weights: referenceWeights(network), ...rest }));
  eyes = (await bringAsTeacher(project, onnx, {})).id;
});
afterAll(async () => {
  await project.close();
  rmSync(root, { recursive: true });
});

async function run(goal: 'teacher' | 'select' | 'evaluate', signal = new AbortController().signal) {
  const events: PipelineEvent[] = [];
  const set = [...RECIPE.set, ...SHORT, `teacher.features=${eyes}`];
  const { workspace, collection } = await openWorkspace(
    project,
    { ...RECIPE, set },
    { signal, tell: (e) => events.push(e) },
  );
  const runs = await runMethod(workspace, collection, goal);
  return { collection, notes: events.flatMap((event) => (event.kind === 'noted' ? [event.message] : [])), runs };
}

async function damagedIn(checked: Project): Promise<Verdict[]> {
  const found: Verdict[] = [];
  for await (const verdict of checkProject(checked, new AbortController().signal)) found.push(verdict);
  return found.filter(({ state }) => state === 'damaged');
}

test('a classifier of other classes is brought as eyes: the vector before its answer, and how it is shown pictures', async () => {
  const { extractor } = JSON.parse(readFileSync(join(project.directory, 'extractors', eyes, 'extractor.json'), 'utf8'));
  expect(extractor).toMatchObject({ dimension: 32, pooling: 'none', preprocessing: { sizePx: 32, cropShare: 0.875 } });
});

test('the method runs from such a teacher to a student, and the teacher is right about what it labels', async () => {
  const { runs, collection } = await run('evaluate');
  expect(runs.teacher.metrics.validatedTop1).toBeGreaterThan(0.9);
  expect(runs.evaluate?.metrics.teacherTop1).toBe(1);
  expect((await writeReport(project)).text).toContain('Teacher');
  const selected = await loadSelection(project, runs.select?.id ?? '');
  expect(selected.imageIds.length).toBeGreaterThanOrEqual(9);
  const names = new Map<number, string>();
  for await (const { id, relativePath } of project.catalogue.eachImage({ ids: selected.imageIds })) {
    names.set(id, relativePath);
  }
  for (const [place, id] of selected.imageIds.entries()) {
    const wanted = collection.classNames[collection.classIds.indexOf(at(selected.classIds, place))];
    expect(names.get(id)).toContain(`${wanted}-`);
  }
});

test('features are computed once: another teacher with the same eyes looks at nothing again', async () => {
  await run('evaluate');
  const store = join(project.directory, 'cache', `features-${eyes}`);
  const before = readdirSync(store).map((name) => [name, readFileSync(join(store, name)).toString('base64')]);
  const { runs } = await run('select');
  expect(runs.teacher.state).toBe('succeeded');
  expect(readdirSync(store).map((name) => [name, readFileSync(join(store, name)).toString('base64')])).toEqual(before);
});

test('damaged features are computed again, to the same bits', async () => {
  const { runs } = await run('select');
  const store = join(project.directory, 'cache', `features-${eyes}`);
  const name = readdirSync(store).find((file) => file.endsWith('.f16')) ?? '';
  const whole = readFileSync(join(store, name));
  const damaged = Buffer.from(whole);
  damaged[10] = at(damaged, 10) ^ 0xff;
  writeFileSync(join(store, name), damaged);
  for (const made of ['runs', 'scores']) {
    for (const run of readdirSync(join(project.directory, made)))
      rmSync(join(project.directory, made, run), { recursive: true });
  }
  expect(await damagedIn(project)).toMatchObject([{ kind: 'features', remade: true }]);
  const again = await run('evaluate');
  expect(again.notes.filter((note) => /1 of the files in .* were damaged/.test(note))).toHaveLength(1);
  expect(await damagedIn(project)).toEqual([]);
  expect(again.runs.teacher.metrics).toMatchObject({ penalty: runs.teacher.metrics.penalty });
  expect(readFileSync(join(store, name)).equals(whole)).toBe(true);
});

test('a network that changed after it was brought is refused, and nothing is computed with it', async () => {
  const path = join(project.directory, 'extractors', eyes, 'network.onnx');
  const whole = readFileSync(path);
  try {
    writeFileSync(path, Buffer.concat([whole.subarray(0, -1), Buffer.of(at(whole, whole.length - 1) ^ 1)]));
    await expect(run('evaluate')).rejects.toThrow(StoredDataDamaged);
    expect(await damagedIn(project)).toMatchObject([{ kind: 'model', remade: false }]);
  } finally {
    writeFileSync(path, whole);
  }
});

test('what is known of a brought network is what was written, or it is refused', async () => {
  const path = join(project.directory, 'extractors', eyes, 'extractor.json');
  const whole = readFileSync(path, 'utf8');
  try {
    for (const damaged of [
      whole.replace('"sizePx": 32', '"sizePx": 31'),
      whole.replace('"checksum"', '"chacksum"'),
      '',
    ]) {
      expect(damaged).not.toBe(whole);
      writeFileSync(path, damaged);
      await expect(run('evaluate')).rejects.toThrow(StoredDataDamaged);
      expect(await damagedIn(project)).toMatchObject([{ kind: 'model', path }]);
    }
  } finally {
    writeFileSync(path, whole);
  }
});

test('what is no network, and a network of something else than pictures, are refused in a sentence', async () => {
  const text = join(root, 'notes.onnx');
  writeFileSync(text, 'this is no network');
  await expect(bringAsTeacher(project, text, {})).rejects.toThrow(OnnxUnreadable);
  const cut = join(root, 'cut.onnx');
  cpSync(onnx, cut);
  writeFileSync(cut, readFileSync(onnx).subarray(0, 5000));
  await expect(bringAsTeacher(project, cut, {})).rejects.toThrow(/not a network that can be read|cannot be run/);
  expect(ForeignNetworkUnfit.name).toBe('ForeignNetworkUnfit');
});
