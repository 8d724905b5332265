/** The folders of the images taken away before each stage: nothing is lost, and what comes out is the same to the bit. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createProject, openProject, type Project } from '../../../main/catalogue/project.ts';
import { CPU } from '../../../main/engines/device.ts';
import { SourceAway } from '../../../main/images/patience.ts';
import { classifierAt } from '../../../main/pipeline/classifier.ts';
import { classifyFiles, imagesAt } from '../../../main/pipeline/classify.ts';
import { exportRun } from '../../../main/pipeline/export-run.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { runMethod } from '../../../main/pipeline/method.ts';
import { openWorkspace } from '../../../main/pipeline/open-workspace.ts';
import { readRun, readRuns } from '../../../main/pipeline/runs.ts';
import type { Goal } from '../../../main/pipeline/stages.ts';
import { writeReport } from '../../../main/report/write-report.ts';
import { writeJpeg } from '../image-files.ts';

const TINY = {
  recipe: 'demo',
  device: 'cpu',
  set: [
    ...['imageSizePx=16', 'batch=8', 'teacher.width=16', 'label.topP=2', 'select.k=3', 'engine.threads=1'],
    'supervised.enabled=false',
    'teacher.training.images=64',
    ...['pretrain', 'finetune'].map((stage) => `${stage}.images=64`),
  ],
};
const signal = new AbortController().signal;

async function reach(project: Project, goal: Goal) {
  const { workspace, collection } = await openWorkspace(project, TINY, { signal, tell: () => {} });
  return await runMethod(workspace, collection, goal);
}

/** What each run left that the next ones build on. */
async function outcome(project: Project) {
  const files = (await readRuns(project)).map(({ id }) => {
    const names = readdirSync(project.path('runs', id)).filter((name) => /safetensors|evaluations/.test(name));
    return [id, names.map((name) => readFileSync(project.path('runs', id, name)).toString('base64'))] as const;
  });
  return new Map(files.toSorted(([a], [b]) => a.localeCompare(b)));
}

it('every stage goes on from the pixel cache, and what needs the images says that they are not there', async () => {
  const root = mkdtempSync(join(tmpdir(), 'understudy-stages-'));
  const [images, away] = [join(root, 'images'), join(root, 'away')];
  let seed = 1;
  for (const name of ['ant', 'bee'])
    for (let file = 0; file < 5; file++)
      await writeJpeg(join(images, 'labelled', name, `${file}.jpg`), { seed: seed++ });
  for (let file = 0; file < 12; file++) await writeJpeg(join(images, 'unlabelled', `${file}.jpg`), { seed: seed++ });

  const project = await createProject(join(root, 'project'));
  await importFolder(project, { kind: 'labelled', folder: join(images, 'labelled'), split: 'train' });
  await importFolder(project, { kind: 'unlabelled', folder: join(images, 'unlabelled'), split: null });
  await project.close();
  cpSync(join(root, 'project'), join(root, 'undisturbed'), { recursive: true });

  const undisturbed = await openProject(join(root, 'undisturbed'));
  await reach(undisturbed, 'evaluate');
  const expected = await outcome(undisturbed);
  await undisturbed.close();

  const disturbed = await openProject(join(root, 'project'));
  renameSync(images, away);
  await expect(reach(disturbed, 'teacher')).rejects.toThrow(SourceAway);
  renameSync(away, images);
  await reach(disturbed, 'teacher');
  renameSync(images, away);
  for (const goal of ['label', 'select', 'student', 'evaluate'] as const) await reach(disturbed, goal);
  expect(await outcome(disturbed)).toEqual(expected);

  const { data, text } = await writeReport(disturbed);
  expect(data.collection).toMatchObject({ labelled: 8, heldOut: 2, problems: 0, missing: 22 });
  expect(text).toContain('22 images that the project knows are missing now');
  const [finetune = ''] = [...expected.keys()].filter((id) => id.startsWith('finetune'));
  const run = await readRun(disturbed, finetune);
  if (!run) throw new Error('no run');
  await exportRun(disturbed, run, 'checkpoint', mkdtempSync(join(tmpdir(), 'understudy-exported-')));
  const modelPath = disturbed.path('runs', finetune, 'model.safetensors');
  const classifier = await classifierAt(modelPath);
  const classes = { classifier, target: { device: CPU, threads: 1 }, signal } as const;
  await expect(imagesAt(images, signal, () => {})).rejects.toThrow(/There is no file or folder/);

  // Listed, and gone before they are read: no answer about them, and none about what would have come after.
  renameSync(away, images);
  const found = await imagesAt(join(images, 'unlabelled'), signal, () => {});
  renameSync(join(images, 'unlabelled', '0.jpg'), join(images, '0.jpg'));
  const unreadable: (string | null)[] = [];
  await classifyFiles({ ...classes, images: found }, (batch) => unreadable.push(...batch.map((one) => one.unreadable)));
  expect(unreadable).toEqual(['the file is gone', ...Array<null>(11).fill(null)]);
  renameSync(images, away);
  await expect(classifyFiles({ ...classes, images: found }, () => {})).rejects.toThrow(/unlabelled is not there/);
  await disturbed.close();
});
