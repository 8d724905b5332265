/**
 * What may be missing in each stage: the folders of the images, or space on the disk. One sentence, nothing is lost,
 * and the final result is bit for bit the same.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createProject, openProject } from '../../../main/catalogue/project.ts';
import { CPU } from '../../../main/engines/device.ts';
import { SourceAway } from '../../../main/images/patience.ts';
import { classifierAt } from '../../../main/pipeline/classifier.ts';
import { classifyFiles, imagesAt } from '../../../main/pipeline/classify.ts';
import { exportRun } from '../../../main/pipeline/export-run.ts';
import { readRun } from '../../../main/pipeline/runs.ts';
import { type StageName, stages } from '../../../main/pipeline/stages.ts';
import type { PipelineEvent } from '../../../main/pipeline/workspace.ts';
import { writeReport } from '../../../main/report/write-report.ts';
import { DiskFull } from '../../../main/system-failure.ts';
import { canMountTmpfs, fillDisk } from '../small-disk.ts';
import { addTinyImages, drawTinyImages, outcome, reach, signal } from './tiny-method.ts';

/** The stages of the tiny method. */
const STAGES = [
  'teacher',
  'label',
  'select',
  'pretrain',
  'finetune',
  'evaluate',
] as const satisfies readonly StageName[];

const root = mkdtempSync(join(tmpdir(), 'understudy-troubled-'));
const images = join(root, 'images');
const away = join(root, 'away');
/** A project with its images, in which nothing has been done yet. */
const fresh = join(root, 'fresh');
/** The events it sent. */
const told: PipelineEvent[] = [];
/** The method's results if nothing is missing. */
let expected: Awaited<ReturnType<typeof outcome>>;

beforeAll(async () => {
  await drawTinyImages(images);
  const project = await createProject(fresh, { name: 'Tiny' });
  await addTinyImages(project, images);
  await project.close();
  const folder = join(root, 'undisturbed');
  cpSync(fresh, folder, { recursive: true });
  const undisturbed = await openProject(folder);
  await reach(undisturbed, 'evaluate', (event) => told.push(event));
  expected = await outcome(undisturbed);
  await undisturbed.close();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

it('every stage says what it waits for before its steps: devices, decoding, the network, the catalogue, the disk', () => {
  const waits: Record<string, string[]> = { before: [] };
  let part = 'before';
  for (const event of told) {
    if (event.kind === 'stageStarted') part = event.stage;
    if (event.kind === 'awaits') waits[part] = [...(waits[part] ?? []), event.awaited];
  }
  expect(waits.before).toEqual(['folder', 'catalogue', 'devices', 'decoding', 'disk']);
  for (const stage of ['teacher', 'label', 'pretrain', 'finetune', 'evaluate'])
    expect(waits[stage]).toContain('network');
  expect(waits.select).toEqual(['catalogue', 'disk']);
});

it('every stage goes on from the pixel cache, and what needs the images says that they are not there', async () => {
  const disturbed = await openProject(fresh);
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

  // Listed, but removed before they are read: there is no answer about them, nor about any that would have followed.
  renameSync(away, images);
  const found = await imagesAt(join(images, 'unlabelled'), signal, () => {});
  renameSync(join(images, 'unlabelled', '0.jpg'), join(images, '0.jpg'));
  const unreadable: (string | null)[] = [];
  await classifyFiles({ ...classes, images: found }, (batch) => unreadable.push(...batch.map((one) => one.unreadable)));
  expect(unreadable).toEqual(['the file is gone', ...Array<null>(11).fill(null)]);
  renameSync(images, away);
  await expect(classifyFiles({ ...classes, images: found }, () => {})).rejects.toThrow(/unlabelled is not there/);
  await disturbed.close();
  renameSync(away, images);
  renameSync(join(images, '0.jpg'), join(images, 'unlabelled', '0.jpg'));
});

it.skipIf(!canMountTmpfs())('every step says that the disk is full, and goes on when there is room', async () => {
  const disk = join(root, 'disk');
  const exports = join(root, 'exports');
  for (const folder of [disk, exports]) mkdirSync(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', disk]);
  const filler = join(disk, 'filler');
  const whileFull = async (work: () => Promise<unknown>) => {
    await expect(work()).rejects.toThrow(DiskFull);
    rmSync(filler);
  };
  try {
    fillDisk(filler);
    await whileFull(() => createProject(join(disk, 'project'), { name: 'Tiny' }));
    const project = await createProject(join(disk, 'project'), { name: 'Tiny' });
    fillDisk(filler);
    await whileFull(() => addTinyImages(project, images));
    await addTinyImages(project, images);
    fillDisk(filler);
    await whileFull(() => reach(project, 'teacher'));
    for (const stage of STAGES) {
      const atItsStart = (event: { kind: string; stage?: StageName }) =>
        event.kind === 'stageStarted' && event.stage === stage && fillDisk(filler);
      await whileFull(() => reach(project, stages[stage].goal, atItsStart));
    }
    await reach(project, 'evaluate');
    // Not compared directly, since the files would fill the failure message.
    expect(isDeepStrictEqual(await outcome(project), expected)).toBe(true);
    await writeReport(project);
    const [id = ''] = [...expected.keys()].filter((name) => name.startsWith('finetune'));
    const run = await readRun(project, id);
    if (!run) throw new Error('no run');
    const folder = join(disk, 'exported');
    mkdirSync(folder);
    for (const format of ['onnx', 'checkpoint'] as const) {
      fillDisk(filler);
      await whileFull(() => exportRun(project, run, format, folder));
      expect(readdirSync(folder)).toEqual([]);
    }
    await exportRun(project, run, 'onnx', folder);
    await project.close();

    fillDisk(filler);
    const looked = await openProject(project.directory, { toLook: true });
    expect(looked.writable).toBe(false);
    expect((await looked.catalogue.summary()).sources).toHaveLength(2);
    await exportRun(looked, run, 'checkpoint', exports);
    await looked.close();
    rmSync(filler);
  } finally {
    execFileSync('umount', ['-l', disk]);
  }
});
