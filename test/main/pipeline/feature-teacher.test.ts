import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { at } from '../../../main/at.ts';
import { CHOSEN_IMAGES, decide, undoAction } from '../../../main/catalogue/decisions.ts';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import { loadSelection } from '../../../main/catalogue/selection.ts';
import { CPU } from '../../../main/engines/device.ts';
import { ForeignNetworkUnfit } from '../../../main/engines/onnxruntime/foreign-session.ts';
import { decodeSquare } from '../../../main/images/decode.ts';
import { fileAt, imageName } from '../../../main/images/image-locator.ts';
import { IMAGENET } from '../../../main/images/normalise.ts';
import { architecture } from '../../../main/models/family.ts';
import { OnnxUnreadable } from '../../../main/models/onnx/onnx-file.ts';
import { referenceWeights } from '../../../main/models/reference-weights.ts';
import { bring } from '../../../main/pipeline/bring-teacher.ts';
import { checkProject } from '../../../main/pipeline/check-project.ts';
import { classifierAt, classifierOfRun } from '../../../main/pipeline/classifier.ts';
import { type ClassifiedImage, classifyFiles } from '../../../main/pipeline/classify.ts';
import { exportRun } from '../../../main/pipeline/export-run.ts';
import { HEAD } from '../../../main/pipeline/feature-teacher.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { runMethod } from '../../../main/pipeline/method.ts';
import { mostDifferent } from '../../../main/pipeline/most-different.ts';
import { onnxModel } from '../../../main/pipeline/onnx-model.ts';
import { openWorkspace } from '../../../main/pipeline/open-workspace.ts';
import { eyesThatLooked, findSeenAlike } from '../../../main/pipeline/seen-alike.ts';
import { similarImages, similarToFile } from '../../../main/pipeline/similar-images.ts';
import type { PipelineEvent } from '../../../main/pipeline/workspace.ts';
import { writeReport } from '../../../main/report/write-report.ts';
import { StoredDataDamaged, type Verdict } from '../../../main/stored-data.ts';
import { DuplicateWindows } from '../../../main/workbench/ranking/duplicate-windows.ts';
import { foundImages } from '../found-images.ts';
import { writeJpeg, writeNoise } from '../image-files.ts';

/** Everything after the teacher is as short as possible. */
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
  // Each class is one picture, drawn at different sizes, so that any feature extractor can distinguish them.
  for (const [seed, name] of ['ant', 'bee', 'cow'].entries()) {
    for (let index = 0; index < 5; index++) {
      const picture = { seed: 10 * (seed + 1), widthPx: 30 + 7 * index, heightPx: 30 + 7 * index };
      await writeJpeg(join(root, 'labelled', name, `${index}.jpg`), picture);
      await writeJpeg(join(root, 'unlabelled', `${name}-${index}.jpg`), { ...picture, quality: 60 });
    }
  }
  await importFolder(project, { kind: 'labelled', folder: join(root, 'labelled'), split: 'train' });
  await importFolder(project, { kind: 'unlabelled', folder: join(root, 'unlabelled'), split: null });
  // A network whose 1,000 classes are unrelated to these.
  const network = { ...architecture('small-basic', 1000), layers: [1, 1], width: 16 };
  const rest = { classNames: [], imageSizePx: 32, provenance: {} };
  onnx = join(root, 'resnet_of_formula.onnx');
  writeFileSync(onnx, onnxModel({ network, weights: referenceWeights(network), ...rest }));
  eyes = (await bring(project, onnx, {})).id;
});
afterAll(async () => {
  await project.close();
  rmSync(root, { recursive: true });
});

async function run(
  goal: 'teacher' | 'label' | 'select' | 'evaluate',
  signal = new AbortController().signal,
  teacher = [`teacher.features=${eyes}`, 'teacher.head=linear'],
) {
  const events: PipelineEvent[] = [];
  const set = [...RECIPE.set, ...SHORT, ...teacher];
  const { workspace, collection } = await openWorkspace(
    project,
    { ...RECIPE, set, goal },
    { signal, tell: (e) => events.push(e) },
  );
  const runs = await runMethod(workspace, collection, goal);
  return {
    collection,
    events,
    notes: events.flatMap((event) => (event.kind === 'noted' ? [event.message] : [])),
    runs,
  };
}

async function damagedIn(checked: Project): Promise<Verdict[]> {
  const found: Verdict[] = [];
  for await (const verdict of checkProject(checked, new AbortController().signal)) found.push(verdict);
  return found.filter(({ state }) => state === 'damaged');
}

test('a classifier of other classes is brought as eyes: the vector before its answer, and how it is shown pictures', async () => {
  const { extractor } = JSON.parse(readFileSync(join(project.directory, 'extractors', eyes, 'extractor.json'), 'utf8'));
  expect(extractor).toMatchObject({ dimension: 32, pooling: 'none', preprocessing: { sizePx: 32, cropShare: 1 } });
});

test('the method runs from such a teacher to a student, and the teacher is right about what it labels', async () => {
  const { runs, collection, events } = await run('evaluate');
  expect(runs.teacher.metrics.validatedTop1).toBeGreaterThan(0.9);
  // Progress is reported image by image: for those to learn from, those to label and those held out.
  const looks = events.flatMap((event) => (event.kind === 'lookProgressed' ? [event] : []));
  expect(looks.filter(({ done, total }) => done === total).reduce((sum, { total }) => sum + total, 0)).toBe(30);
  for (const [place, { done, total, eyes: by }] of looks.entries()) {
    expect([by, done <= total]).toEqual([eyes, true]);
    const before = looks[place - 1];
    if (before && before.done < before.total) expect([done > before.done, total]).toEqual([true, before.total]);
  }
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

test('asked for again, everything is taken over, and nothing of it is damaged', async () => {
  await run('evaluate');
  const { events } = await run('evaluate');
  const finished = events.flatMap((event) => (event.kind === 'stageFinished' ? [[event.stage, event.reused]] : []));
  expect(finished.length).toBeGreaterThan(4);
  expect(finished.filter(([, reused]) => reused !== true)).toEqual([]);
  expect(await damagedIn(project)).toEqual([]);
});

test('it classifies files as it labelled them, by its run and by its file', async () => {
  const { runs } = await run('select');
  const classifier = await classifierOfRun(project, runs.teacher);
  expect(await classifierAt(join(project.directory, 'runs', runs.teacher.id, HEAD))).toEqual(classifier);
  const images = await foundImages(join(root, 'unlabelled'));
  const found: ClassifiedImage[] = [];
  const { signal } = new AbortController();
  await classifyFiles({ classifier, images, target: { device: CPU, threads: 1 }, signal }, (some) =>
    found.push(...some),
  );
  expect(found).toHaveLength(15);
  for (const { path, top } of found) expect(basename(path)).toContain(`${at(top, 0).className}-`);
  const labelled = await labelledAs(runs.label?.id ?? '');
  for (const { path, top } of found) {
    expect(at(top, 0).probability).toBeCloseTo(labelled.get(basename(path)) ?? Number.NaN, 3);
  }
});

test.each(['linear', 'nearest'])(
  'noise is unlike anything that its %s head has learnt from, pictures of its classes are not',
  async (head) => {
    const signal = new AbortController().signal;
    const { runs } = await run('teacher', signal, [`teacher.features=${eyes}`, `teacher.head=${head}`]);
    const classifier = await classifierOfRun(project, runs.teacher);
    const noise = mkdtempSync(join(root, 'noise-'));
    await writeNoise(join(noise, 'noise.png'));
    const images = [...(await foundImages(join(root, 'unlabelled'))), fileAt(join(noise, 'noise.png'))];
    const found: ClassifiedImage[] = [];
    await classifyFiles({ classifier, images, target: { device: CPU, threads: 1 }, signal }, (some) =>
      found.push(...some),
    );
    expect(found.at(-1)).toMatchObject({ unlike: true, unreadable: null });
    expect(found.at(-1)?.top).toHaveLength(3);
    expect(found.filter(({ unlike }) => unlike).length).toBeLessThanOrEqual(3);
  },
);

/** By file name, the probability of the best class. */
async function labelledAs(runId: string): Promise<Map<string, number>> {
  const rows = await project.database.rows(
    `SELECT relative_path, probability FROM ${await project.scores.table(runId)} scores JOIN images ON images.id = image_id
     WHERE rank_in_image = 1`,
  );
  return new Map(rows.map(({ relative_path: path, probability }) => [String(path), Number(probability)]));
}

test('it is exported with its eyes in one file, which says what it says; there is no checkpoint of it', async () => {
  const { runs } = await run('select');
  const images = await foundImages(join(root, 'unlabelled'));
  const own = await labelledAs(runs.label?.id ?? '');
  const out = mkdtempSync(join(root, 'out-'));
  const pixels = await decodeSquare(at(images, 0), 32);
  for (const [format, tolerance] of [
    ['onnx', 3],
    ['onnxPixels', 3],
    ['onnxPixelsHalf', 2],
  ] as const) {
    const { file, bytes } = await exportRun(project, runs.teacher, format, out);
    const session = await InferenceSession.create(file);
    expect(session.outputNames).toEqual(['probabilities']);
    const given = format === 'onnx' ? { images: normalised(pixels) } : { pixels: picture(pixels) };
    const { probabilities } = await session.run(given);
    await session.release();
    expect(largest(probabilities)).toBeCloseTo(own.get(basename(imageName(at(images, 0)))) ?? Number.NaN, tolerance);
    if (format === 'onnxPixelsHalf') expect(bytes).toBeLessThan(0.75 * readFileSync(onnx).length);
  }
  await expect(exportRun(project, runs.teacher, 'checkpoint', out)).rejects.toThrow(
    /no checkpoint holds both: export it as ONNX/,
  );
});

function largest(probabilities: Tensor | undefined): number {
  if (!(probabilities?.data instanceof Float32Array)) throw new Error('no probabilities');
  return Math.max(...probabilities.data);
}

function picture(pixels: Uint8Array): Tensor {
  return new Tensor('uint8', pixels, [1, 32, 32, 3]);
}

function normalised(pixels: Uint8Array): Tensor {
  const data = Float32Array.from({ length: pixels.length }, (_, index) => {
    const channel = Math.floor(index / 1024);
    const level = at(pixels, 3 * (index % 1024) + channel);
    return (level / 255 - at(IMAGENET.mean, channel)) / at(IMAGENET.deviation, channel);
  });
  return new Tensor('float32', data, [1, 3, 32, 32]);
}

test('a head with a hidden layer ranks, classifies and is exported like any other', async () => {
  const mlp = [`teacher.features=${eyes}`, 'teacher.head=mlp'];
  const { runs } = await run('select', new AbortController().signal, mlp);
  expect(runs.teacher.metrics.validatedTop1).toBeGreaterThan(0.8);
  const { file } = await exportRun(project, runs.teacher, 'onnxPixels', mkdtempSync(join(root, 'out-')));
  const images = await foundImages(join(root, 'unlabelled'));
  const session = await InferenceSession.create(file);
  const { probabilities } = await session.run({ pixels: picture(await decodeSquare(at(images, 0), 32)) });
  await session.release();
  const own = await labelledAs(runs.label?.id ?? '');
  expect(largest(probabilities)).toBeCloseTo(own.get(basename(imageName(at(images, 0)))) ?? Number.NaN, 2);
});

test('with a few labels a class it goes by the nearest neighbours, and is exported so as well', async () => {
  const nearest = [`teacher.features=${eyes}`, 'teacher.head=nearest'];
  const { runs } = await run('select', new AbortController().signal, nearest);
  expect(runs.teacher.metrics).toMatchObject({ neighbours: 12 });
  expect(runs.teacher.metrics.validatedTop1).toBeGreaterThan(0.8);
  const { file } = await exportRun(project, runs.teacher, 'onnxPixels', mkdtempSync(join(root, 'out-')));
  const images = await foundImages(join(root, 'unlabelled'));
  const session = await InferenceSession.create(file);
  const { probabilities } = await session.run({ pixels: picture(await decodeSquare(at(images, 0), 32)) });
  await session.release();
  const own = await labelledAs(runs.label?.id ?? '');
  expect(largest(probabilities)).toBeCloseTo(own.get(basename(imageName(at(images, 0)))) ?? Number.NaN, 2);
});

test('the pictures most like one are its copies, the nearest first; one without features is refused', async () => {
  await run('select');
  const idOf = async (path: string) =>
    await project.database.number('SELECT id FROM images WHERE relative_path = ?', [path]);
  const found = await similarImages(project, await idOf('bee-1.jpg'), 6);
  expect(found).toHaveLength(6);
  for (const { path } of found.slice(0, 4)) expect(path).toContain('bee');
  expect(found.map(({ cosine }) => cosine)).toEqual(found.map(({ cosine }) => cosine).toSorted((a, b) => b - a));
  await expect(similarImages(project, 99_999, 3)).rejects.toThrow(/has not processed image 99999 yet/);
});

test('near-copies are those by pixels at once, and with those that the eyes see alike when that is compared', async () => {
  await run('select');
  const windows = new DuplicateWindows();
  const first = await windows.window(project, { offset: 0, limit: 100 });
  expect(first).toMatchObject({ known: true, comparing: true });
  const all = await windows.compared(project);
  const eyes = await eyesThatLooked(project);
  if (!eyes) throw new Error('The eyes looked at nothing.');
  const alike = await findSeenAlike(await project.database.integers('SELECT id FROM images ORDER BY id'), eyes);
  expect(alike.length).toBeGreaterThan(0);
  for (const ids of [...first.groups.map(({ imageIds }) => imageIds), ...alike]) {
    expect(all.filter(({ imageIds }) => ids.every((id) => imageIds.includes(id)))).toHaveLength(1);
  }
  expect(all.map(({ by }) => by)).toContain('eyes');
  expect(await windows.window(project, { offset: 0, limit: 100 })).toMatchObject({ comparing: false, groups: all });
  const [image = -1, ...others] = all[0]?.imageIds ?? [];
  expect(await windows.copiesOf(project, image)).toEqual(others);
});

test('a picture from outside is looked at, and what is like it comes first; a file that is none says so', async () => {
  await run('select');
  const outside = join(root, 'outside.jpg');
  await writeJpeg(outside, { seed: 20, widthPx: 61, heightPx: 61, quality: 50 });
  const found = await similarToFile(project, fileAt(outside), 4);
  expect(found).toHaveLength(4);
  for (const { path } of found) expect(path).toContain('bee');
  await expect(similarToFile(project, fileAt(join(root, 'resnet_of_formula.onnx')), 4)).rejects.toThrow(
    /resnet_of_formula.onnx cannot be looked at: /,
  );
});

test('the most different images are those unlike any labelled one', async () => {
  await run('select');
  const order = await mostDifferent(project, { count: 15, seed: 0 });
  expect(order?.toSorted()).toEqual(await project.catalogue.unlabelledImages());
});

test('features are computed once: another teacher with the same eyes looks at nothing again', async () => {
  await run('evaluate');
  const store = join(project.directory, 'cache', `features-${eyes}`);
  const before = readdirSync(store).map((name) => [name, readFileSync(join(store, name)).toString('base64')]);
  const { runs } = await run('select');
  expect(runs.teacher.state).toBe('succeeded');
  expect(readdirSync(store).map((name) => [name, readFileSync(join(store, name)).toString('base64')])).toEqual(before);
});

test('a changed label is learnt from by what was seen alone: nothing is decoded, and the names are those of the whole method', async () => {
  await run('select');
  const [unlabelled] = await project.catalogue.unlabelledImages();
  await project.database.withChosen([unlabelled ?? -1], () =>
    decide(project.database, { kind: 'label', classId: 0, images: CHOSEN_IMAGES }),
  );
  try {
    const pixels = readdirSync(join(project.directory, 'cache')).filter((name) => name.startsWith('pixels-'));
    for (const name of pixels) rmSync(join(project.directory, 'cache', name), { recursive: true });
    const { runs, events, collection } = await run('label');
    expect(events.filter(({ kind }) => kind === 'decodeProgressed')).toEqual([]);
    expect(readdirSync(join(project.directory, 'cache')).filter((name) => name.startsWith('pixels-'))).toEqual([]);
    expect((await labelledAs(runs.label?.id ?? '')).size).toBe(collection.unlabelled.length);
    const whole = await run('select');
    expect(whole.runs).toMatchObject({ teacher: { id: runs.teacher.id }, label: { id: runs.label?.id } });
  } finally {
    await undoAction(project.database);
  }
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

test('a damaged record of a brought network is refused', async () => {
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

test('a file that is not a network, or not one for pictures, is refused in a sentence', async () => {
  const text = join(root, 'notes.onnx');
  writeFileSync(text, 'this is no network');
  await expect(bring(project, text, {})).rejects.toThrow(OnnxUnreadable);
  const cut = join(root, 'cut.onnx');
  cpSync(onnx, cut);
  writeFileSync(cut, readFileSync(onnx).subarray(0, 5000));
  await expect(bring(project, cut, {})).rejects.toThrow(/is not an ONNX model, or is cut short/);
  expect(ForeignNetworkUnfit.name).toBe('ForeignNetworkUnfit');
});
