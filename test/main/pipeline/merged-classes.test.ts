import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClass, mergeClass } from '../../../main/catalogue/classes.ts';
import { undoAction } from '../../../main/catalogue/decisions.ts';
import { loadImageSet } from '../../../main/catalogue/image-set.ts';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import { loadRunClasses } from '../../../main/catalogue/run-classes.ts';
import { loadModel } from '../../../main/models/checkpoint.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { runMethod } from '../../../main/pipeline/method.ts';
import { openWorkspace } from '../../../main/pipeline/open-workspace.ts';
import { outputsOf } from '../../../main/pipeline/outputs-of.ts';
import { gatherReport } from '../../../main/report/gather-report.ts';
import { writeJpeg } from '../image-files.ts';

const TINY = {
  recipe: 'demo',
  device: 'cpu',
  set: [
    'imageSizePx=16',
    'batch=8',
    'teacher.width=16',
    'label.topP=2',
    'select.k=3',
    'teacher.training.images=16',
    'supervised.enabled=false',
    'pretrain.images=16',
    'finetune.images=16',
    'engine.threads=1',
  ],
};
const signal = new AbortController().signal;

let project: Project;
beforeAll(async () => {
  const root = mkdtempSync(join(tmpdir(), 'understudy-merged-'));
  project = await createProject(join(root, 'project'));
  let seed = 1;
  for (const name of ['ant', 'bee', 'cow']) {
    for (let index = 0; index < 4; index++)
      await writeJpeg(join(root, 'labelled', name, `${index}.jpg`), { seed: seed++ });
  }
  for (let index = 0; index < 16; index++) await writeJpeg(join(root, 'unlabelled', `${index}.jpg`), { seed: seed++ });
  await importFolder(project, { kind: 'labelled', folder: join(root, 'labelled'), split: 'train' });
  await importFolder(project, { kind: 'unlabelled', folder: join(root, 'unlabelled'), split: null });
});
afterAll(() => project.close());

async function run() {
  const { workspace, collection } = await openWorkspace(project, TINY, { signal, tell: () => {} });
  return { collection, runs: await runMethod(workspace, collection, 'evaluate') };
}

it('trains, labels, selects and evaluates without a hole where a class was merged or has no image', async () => {
  const before = await run();
  expect(before.collection).toMatchObject({ classIds: [0, 1, 2], classNames: ['ant', 'bee', 'cow'] });

  await createClass(project.database, 'dog');
  await mergeClass(project.database, 0, 2);
  const { collection, runs } = await run();
  expect(collection).toMatchObject({ classIds: [1, 2], classNames: ['bee', 'cow'] });
  expect(runs.teacher.id).not.toBe(before.runs.teacher.id);
  expect((await loadModel(project.path('runs', runs.teacher.id, 'model.safetensors'))).classNames).toEqual([
    'bee',
    'cow',
  ]);
  const trainedOn = await loadImageSet(project, runs.teacher.id, 'trained-on');
  expect(new Set(trainedOn.classIds)).toEqual(new Set([1, 2]));
  const scores = await project.scores.table(runs.label?.id ?? '');
  expect(await project.database.integers(`SELECT DISTINCT class_id FROM ${scores} ORDER BY 1`)).toEqual(
    Int32Array.of(1, 2),
  );
  const evaluations = JSON.parse(
    readFileSync(project.path('runs', runs.evaluate?.id ?? '', 'evaluations.json'), 'utf8'),
  ) as { finetuned: { confusion: number[][] } };
  expect(evaluations.finetuned.confusion).toHaveLength(2);
  const report = await gatherReport(project);
  expect(report.classNames).toEqual(['bee', 'cow']);
  expect(report.selection.classes.map(({ kept }) => kept)).toEqual([3, 3]);
  expect(report.collection.labelledPerClass.reduce((sum, count) => sum + count)).toBe(report.collection.labelled);

  expect((await loadRunClasses(project, before.runs.teacher.id)).classNames).toEqual(['ant', 'bee', 'cow']);
  await project.database.run("UPDATE classes SET name = 'animal' WHERE id = 2");
  expect(await loadRunClasses(project, before.runs.teacher.id)).toEqual({
    classIds: [0, 1, 2],
    classNames: ['ant', 'bee', 'cow'],
  });
  expect((await loadRunClasses(project, runs.teacher.id)).classNames).toEqual(['bee', 'animal']);

  await undoAction(project.database);
  const undone = await run();
  expect(undone.runs.evaluate?.id).toBe(before.runs.evaluate?.id);
});

it('refuses a class that a network does not know', () => {
  const classes = { classIds: [1, 4, 9], classNames: ['a', 'b', 'c'] };
  expect(outputsOf(classes, Int32Array.of(9, 1, 4))).toEqual(Int32Array.of(2, 0, 1));
  expect(() => outputsOf(classes, Int32Array.of(2))).toThrow(/class 2/);
});
