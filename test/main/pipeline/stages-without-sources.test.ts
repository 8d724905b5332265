/** The folders of the images taken away before each stage: nothing is lost, and what comes out is the same to the bit. */
import { cpSync, mkdtempSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createProject, openProject } from '../../../main/catalogue/project.ts';
import { CPU } from '../../../main/engines/device.ts';
import { SourceAway } from '../../../main/images/patience.ts';
import { classifierAt } from '../../../main/pipeline/classifier.ts';
import { classifyFiles, imagesAt } from '../../../main/pipeline/classify.ts';
import { exportRun } from '../../../main/pipeline/export-run.ts';
import { readRun } from '../../../main/pipeline/runs.ts';
import { writeReport } from '../../../main/report/write-report.ts';
import { addTinyImages, drawTinyImages, outcome, reach, signal } from './tiny-method.ts';

it('every stage goes on from the pixel cache, and what needs the images says that they are not there', async () => {
  const root = mkdtempSync(join(tmpdir(), 'understudy-stages-'));
  const [images, away] = [join(root, 'images'), join(root, 'away')];
  await drawTinyImages(images);
  const project = await createProject(join(root, 'project'));
  await addTinyImages(project, images);
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
