/** A disk that is full in each stage: one sentence, and with room again the work goes on to the same bits. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, it } from 'vitest';
import { createProject, openProject } from '../../../main/catalogue/project.ts';
import { exportRun } from '../../../main/pipeline/export-run.ts';
import { readRun } from '../../../main/pipeline/runs.ts';
import { type StageName, stages } from '../../../main/pipeline/stages.ts';
import { writeReport } from '../../../main/report/write-report.ts';
import { DiskFull } from '../../../main/system-failure.ts';
import { canMountTmpfs, fillDisk } from '../small-disk.ts';
import { addTinyImages, drawTinyImages, outcome, reach } from './tiny-method.ts';

/** Those that the tiny method has. */
const STAGES = [
  'teacher',
  'label',
  'select',
  'pretrain',
  'finetune',
  'evaluate',
] as const satisfies readonly StageName[];

it.skipIf(!canMountTmpfs())(
  'every step says that the disk is full, and goes on when there is room',
  async () => {
    const root = mkdtempSync(join(tmpdir(), 'understudy-full-'));
    const [images, disk] = [join(root, 'images'), join(root, 'disk')];
    await drawTinyImages(images);
    const undisturbed = await createProject(join(root, 'undisturbed'), { name: 'Tiny' });
    await addTinyImages(undisturbed, images);
    await reach(undisturbed, 'evaluate');
    const expected = await outcome(undisturbed);
    await undisturbed.close();

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
      // Not as the files themselves: they would be all of a failure's message.
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
      rmSync(root, { recursive: true, force: true });
    }
  },
  120_000,
);
