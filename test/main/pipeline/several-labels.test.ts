/**
 * A project in which images have several classes, from lists to the student: import, training, ranking, evaluation and
 * use.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import { loadSelection } from '../../../main/catalogue/selection.ts';
import { CPU } from '../../../main/engines/device.ts';
import { classifierOfRun } from '../../../main/pipeline/classifier.ts';
import { type ClassifiedImage, classifyFiles } from '../../../main/pipeline/classify.ts';
import { readEvaluations } from '../../../main/pipeline/evaluations-file.ts';
import { exportRunTo } from '../../../main/pipeline/export-run.ts';
import { importSource } from '../../../main/pipeline/import-source.ts';
import { type MethodRuns, runMethod } from '../../../main/pipeline/method.ts';
import { openWorkspace } from '../../../main/pipeline/open-workspace.ts';
import { plannedRuns } from '../../../main/pipeline/planned-runs.ts';
import { gatherReport } from '../../../main/report/gather-report.ts';
import { reportHtml } from '../../../main/report/report-html.ts';
import { reportText } from '../../../main/report/report-text.ts';
import { foundImages } from '../found-images.ts';
import { drawMarked, listOf, MARK_NAMES, type Marked } from './marked-pictures.ts';

const SET = [
  ...['imageSizePx=24', 'batch=16', 'teacher.model=small-basic', 'teacher.width=8', 'student.model=small-basic'],
  ...['student.width=8', 'teacher.training.images=1600', 'supervised.training.images=800', 'pretrain.images=1200'],
  ...['finetune.images=800', 'select.k=40', 'label.topP=3', 'select.nearDuplicateGuard=false'],
];

let root: string;
let project: Project;
let held: Marked[];
let unlabelled: Marked[];
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-several-'));
  const labelled = await drawMarked(join(root, 'l'), 80, 1);
  held = await drawMarked(join(root, 'h'), 60, 2);
  unlabelled = await drawMarked(join(root, 'u'), 120, 3);
  writeFileSync(join(root, 'l.csv'), listOf(labelled, 'l'));
  writeFileSync(join(root, 'h.csv'), listOf(held, 'h'));
  project = await createProject(join(root, 'project'), { labels: 'several' });
  await importSource(project, { kind: 'labelled', folder: join(root, 'l.csv'), split: 'train' });
  await importSource(project, { kind: 'labelled', folder: join(root, 'h.csv'), split: 'test' });
  await importSource(project, { kind: 'unlabelled', folder: join(root, 'u'), split: null });
});
afterAll(async () => {
  await project.close();
  rmSync(root, { recursive: true, force: true });
});

const open = (set: readonly string[] = SET) =>
  openWorkspace(
    project,
    { recipe: 'demo', device: 'cpu', set: [...set] },
    { signal: new AbortController().signal, tell: () => {} },
  );

let runs: MethodRuns;

it('trains a teacher and a student that find each mark well above chance', { timeout: 300_000 }, async () => {
  const { workspace, collection } = await open();
  expect(collection.several).toBe(true);
  expect(collection.classNames).toEqual([...MARK_NAMES].sort());
  expect(collection.labelled.imageIds).toHaveLength(80);
  const planned = await plannedRuns(project, workspace.recipe, collection, 'evaluate');
  runs = await runMethod(workspace, collection, 'evaluate');
  expect(planned.map(({ id }) => id).sort()).toEqual(
    Object.values(runs)
      .map(({ id }) => id)
      .sort(),
  );
  const evaluations = await readEvaluations(project, runs.evaluate?.id ?? '');
  const truths = collection.classNames.map((name) => held.filter(({ marks }) => marks.includes(name)).length);
  // For a random ranking, the average precision is about the share of the class's images.
  const chance = truths.reduce((sum, count) => sum + count / held.length, 0) / truths.length;
  expect(evaluations.map(([name]) => name)).toEqual(['teacher', 'supervised', 'pretrained', 'finetuned']);
  for (const [name, { images, classes, several }] of evaluations) {
    expect(images).toBe(held.length);
    expect(classes.map((own) => own.images)).toEqual(truths);
    if (name !== 'finetuned' || !several) continue;
    expect(chance).toBeLessThan(0.6);
    expect(several.meanAveragePrecision).toBeGreaterThan(chance + 0.2);
    expect(several.interval[0]).toBeGreaterThan(chance);
    expect(runs.evaluate?.metrics.finetunedMap).toBe(several.meanAveragePrecision);
  }
});

it('selects an image for several classes, and trains the student on all of them at once', async () => {
  const { imageIds, classIds } = await loadSelection(project, runs.select?.id ?? '');
  const perImage = new Map<number, number>();
  for (const id of imageIds) perImage.set(id, (perImage.get(id) ?? 0) + 1);
  expect(Math.max(...perImage.values())).toBeGreaterThan(1);
  for (const classId of new Set(classIds)) expect(classIds.filter((id) => id === classId)).toHaveLength(40);
  const rows = await project.database.rows('SELECT id, relative_path FROM images WHERE split IS NULL');
  const nameOf = new Map(rows.map((row) => [Number(row.id), String(row.relative_path)]));
  const marksOf = new Map(unlabelled.map(({ name, marks }) => [name, marks]));
  const { collection } = await open();
  const right = [...imageIds].filter((id, row) => {
    const mark = at(collection.classNames, collection.classIds.indexOf(at(classIds, row)));
    return marksOf.get(nameOf.get(id) ?? '')?.includes(mark);
  });
  // Forty of 120 drawn at random would be right in about 45 of 100.
  expect(right.length / imageIds.length).toBeGreaterThan(0.6);
});

it('reports mean average precision and what each class is found by', async () => {
  const data = await gatherReport(project);
  expect(data.collection).toMatchObject({ labelled: 80, heldOut: 60, unlabelled: 120 });
  const text = reportText(data);
  expect(text).toContain('mAP');
  expect(text).toContain('macro F1');
  expect(text).toMatch(/The fine-tuned student has a mean average precision of \d+\.\d % on 60 held-out images/);
  const html = reportHtml(data);
  expect(html).toContain('How well each class is found');
  expect(html).not.toContain('What is taken for what');
});

it('says of a picture every class that reaches its threshold, and an exported network says the same', async () => {
  const student = runs.finetune;
  if (!student) throw new Error('there is no student');
  const classifier = await classifierOfRun(project, student);
  const thresholds = classifier.thresholds ?? [];
  const [, evaluation] =
    (await readEvaluations(project, runs.evaluate?.id ?? '')).find(([name]) => name === 'finetuned') ?? [];
  expect(thresholds).toEqual(evaluation?.several?.classes.map(({ threshold }) => threshold));
  const images = await foundImages(join(root, 'h'));
  const classified: ClassifiedImage[] = [];
  const target = { device: CPU, threads: undefined };
  await classifyFiles({ classifier, images, target, signal: new AbortController().signal }, (some) => {
    classified.push(...some);
  });
  expect(classified).toHaveLength(held.length);
  for (const { top, said = [] } of classified) {
    const known = new Map(top.map(({ className, probability }) => [className, probability]));
    const wanted = classifier.classNames.filter((name, output) => (known.get(name) ?? 0) >= at(thresholds, output));
    expect(said.map(({ className }) => className).sort()).toEqual(wanted.toSorted());
  }
  expect(classified.some(({ said = [] }) => said.length > 1)).toBe(true);
  const file = join(mkdtempSync(join(root, '..', 'understudy-several-out-')), 'student.onnx');
  await exportRunTo(project, student, 'onnx', file);
  const bytes = readFileSync(file);
  expect(bytes.includes('"sigmoid"') || bytes.includes('sigmoid')).toBe(true);
  expect(bytes.includes(JSON.stringify(thresholds))).toBe(true);
  const session = await ort.InferenceSession.create(file);
  // Another batch size than the one that the graph was built for.
  const input = new ort.Tensor('float32', new Float32Array(2 * 3 * 24 * 24).fill(0.1), [2, 3, 24, 24]);
  const { logits, probabilities } = await session.run({ images: input });
  const values = probabilities?.data as Float32Array;
  expect(probabilities?.dims).toEqual([2, MARK_NAMES.length]);
  if (!logits) throw new Error('it gives no logits');
  for (const [place, logit] of (logits.data as Float32Array).entries()) {
    expect(at(values, place)).toBeCloseTo(1 / (1 + Math.exp(-logit)), 5);
  }
  await session.release();
  rmSync(join(file, '..'), { recursive: true, force: true });
});

it('says in a sentence what asks for one class an image', async () => {
  await expect(open([...SET, 'pretrain.targets=soft'])).rejects.toThrow(
    /^pretrain\.targets=soft does not support images with several classes: .* set hard\.$/,
  );
});
