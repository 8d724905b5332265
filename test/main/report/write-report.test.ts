import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import { recordRunFiles } from '../../../main/catalogue/run-files.ts';
import { saveSelection, selectTopK } from '../../../main/catalogue/selection.ts';
import { sharp } from '../../../main/images/sharp-setup.ts';
import { saveEvaluations } from '../../../main/pipeline/evaluations-file.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { evaluationOf } from '../../../main/pipeline/metrics.ts';
import { parseRecipe } from '../../../main/pipeline/recipe.ts';
import { resolveRecipe } from '../../../main/pipeline/resolve-recipe.ts';
import type { RunRecord } from '../../../main/pipeline/run-record.ts';
import { writeRun } from '../../../main/pipeline/runs.ts';
import { NothingToReport } from '../../../main/report/gather-report.ts';
import { writeReport } from '../../../main/report/write-report.ts';

const K = 5;
const UNLABELLED = 20;

let folder: string;
let project: Project;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'understudy-report-'));
  project = await createProject(join(folder, 'project'), { name: 'Owls & cats' });
});

afterEach(async () => {
  await project.close();
  await rm(folder, { recursive: true });
});

async function picture(path: string, shade: number): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  const background = { r: shade, g: 255 - shade, b: 128 };
  await sharp({ create: { width: 24, height: 16, channels: 3, background } })
    .jpeg()
    .toFile(path);
}

/** Four labelled images, two held out, twenty unlabelled ones and a broken file. */
async function addImages(): Promise<void> {
  for (const name of ['cat', 'owl']) {
    for (const index of [0, 1]) await picture(join(folder, 'labelled', name, `${index}.jpg`), 40 * index);
    await picture(join(folder, 'held-out', name, '0.jpg'), 200);
  }
  for (let index = 0; index < UNLABELLED; index++) await picture(join(folder, 'pool', `${index}.jpg`), 10 * index);
  await writeFile(join(folder, 'pool', 'broken.jpg'), '');
  await importFolder(project, { kind: 'labelled', folder: join(folder, 'labelled'), split: 'train' });
  await importFolder(project, { kind: 'labelled', folder: join(folder, 'held-out'), split: 'test' });
  await importFolder(project, { kind: 'unlabelled', folder: join(folder, 'pool'), split: null });
}

/** The files of a finished method, without any training. */
async function finishMethod(): Promise<void> {
  const asked = parseRecipe({ label: { topP: 2 }, select: { k: 'auto' } });
  await writeFile(project.path('recipe.json'), JSON.stringify(asked));
  const facts = { labelled: 4, unlabelled: UNLABELLED, classes: 2, medianImageSizePx: 16 };
  const { recipe } = resolveRecipe(asked, facts);
  const record = (id: string, stage: RunRecord['stage'], parents: string[], metrics = {}): RunRecord => ({
    ...{ id, stage, parents, metrics, recipe, key: id, seed: 3, engine: 'onnxruntime', device: 'cpu', versions: {} },
    ...{ state: 'succeeded', reason: null, startedAt: '2026-01-02T03:04:05Z', finishedAt: '2026-01-02T03:04:09Z' },
  });
  const runs = [
    record('teacher-1', 'teacher', [], { seconds: 2.5, imagesPerSecond: 40 }),
    record('supervised-1', 'supervised', []),
    record('label-1', 'label', ['teacher-1']),
    record('select-1', 'select', ['label-1'], { k: K, excludedLeaks: 1, excludedNearDuplicates: 2 }),
    record('pretrain-1', 'pretrain', ['select-1']),
    record('finetune-1', 'finetune', ['pretrain-1']),
    record('evaluate-1', 'evaluate', ['teacher-1', 'supervised-1', 'pretrain-1', 'finetune-1']),
  ];
  for (const run of runs) {
    await mkdir(project.path('runs', run.id), { recursive: true });
    await writeRun(project, run);
    const point = { imagesProcessed: 64, loss: 0.5, top1: 0.75, learningRate: 0.1 };
    await writeFile(project.path('runs', run.id, 'metrics.jsonl'), `${JSON.stringify(point)}\n`);
    await recordRunFiles(project.path('runs', run.id), ['metrics.jsonl']);
  }
  const evaluation = evaluationOf(Float32Array.of(0.9, 0.1, 0.6, 0.4), Int32Array.of(0, 1), 2);
  const evaluations = { teacher: evaluation, supervised: evaluation, pretrained: evaluation, finetuned: evaluation };
  await saveEvaluations(project, 'evaluate-1', evaluations);
  await selectByScore();
}

/** The pool's images in order, each less likely a cat than the one before. */
async function selectByScore(): Promise<void> {
  const imageIds = await project.catalogue.unlabelledImages();
  const cats = [...imageIds.keys()].map((index) => 1 - index / UNLABELLED);
  // Each image's better class comes first.
  const classIds = Int32Array.from(cats.flatMap((cat) => (cat >= 0.5 ? [0, 1] : [1, 0])));
  const probabilities = Float32Array.from(cats.flatMap((cat) => [Math.max(cat, 1 - cat), Math.min(cat, 1 - cat)]));
  await project.scores.writePartition('label-1', 0, { imageIds, topP: 2, classIds, probabilities });
  const query = {
    runId: 'label-1',
    k: K,
    topP: 2,
    classIds: [0, 1],
    order: 'ranked',
    balanced: true,
    seed: 3,
  } as const;
  const { selection } = await selectTopK(project, { ...query, excludedImages: new Int32Array() });
  await saveSelection(project, 'select-1', selection, new Int32Array());
}

describe('the report of a project', () => {
  it('says what to do while there is nothing to report', async () => {
    await expect(writeReport(project)).rejects.toThrow(NothingToReport);
  });

  it('traces every number to the runs, the collection and the ranking', async () => {
    await addImages();
    await finishMethod();
    const { data, text, htmlPath } = await writeReport(project);
    expect(data.collection).toMatchObject({ labelled: 4, unlabelled: 20, heldOut: 2, problems: 1 });
    expect(data.collection.labelledPerClass).toEqual([2, 2]);
    expect(data.collection.problemFiles).toEqual([
      { path: join(folder, 'pool', 'broken.jpg'), reason: expect.stringContaining('empty') },
    ]);
    expect(data.runs.map(({ id }) => id)).toEqual([
      'teacher-1',
      'supervised-1',
      'label-1',
      'select-1',
      'pretrain-1',
      'finetune-1',
      'evaluate-1',
    ]);
    expect(data.runs[0]).toMatchObject({ seed: 3, device: 'cpu', seconds: 2.5, imagesPerSecond: 40 });
    expect(data.runs[1]?.seconds).toBe(4);
    expect(data.explanations).toContainEqual(expect.objectContaining({ path: 'select.k', value: 5 }));
    const [cat] = data.selection.classes;
    expect(cat).toMatchObject({ name: 'cat', candidates: 20, kept: K, scoreAtCut: expect.closeTo(0.8, 6) });
    expect(cat?.samples.map(({ rank, kept }) => [rank, kept])).toEqual(
      [1, 2, 3, 4, 5, 6, 7, 8, 9].map((rank) => [rank, rank <= K]),
    );
    for (const { thumbnail } of cat?.samples ?? [])
      expect(Buffer.from(thumbnail, 'base64').subarray(0, 2)).toEqual(Buffer.of(0xff, 0xd8));
    expect(text).toContain('Too close to call (+0.0 points).');
    const page = await readFile(htmlPath, 'utf8');
    expect(page).toContain('<title>Owls &amp; cats · Understudy report</title>');
    expect(page).not.toMatch(/undefined|NaN/);
  });

  it('is written also when the images and the recipe have gone', async () => {
    await addImages();
    await finishMethod();
    await rm(join(folder, 'pool'), { recursive: true });
    await rm(project.path('recipe.json'));
    const { data } = await writeReport(project);
    expect(data.explanations).toEqual([]);
    expect(data.selection.classes[0]?.samples.every(({ thumbnail }) => thumbnail === '')).toBe(true);
  });
});
