/** The project with other processes: two at once, killed ones, a full disk. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { backUpCatalogue } from '../../../main/catalogue/back-up-catalogue.ts';
import { createProject, openProject } from '../../../main/catalogue/project.ts';
import { DiskFull } from '../../../main/system-failure.ts';
import { canMountTmpfs, fillDisk } from '../small-disk.ts';
import { startChild } from './child-process.ts';
import { newProject, temporaryFolder } from './project-builder.ts';

const HOLD = `
  import { openProject } from 'catalogue/project.ts';
  await openProject(process.argv[2] ?? '');
  console.log('open');
  setInterval(() => {}, 1000);
`;

const TRY = `
  import { openProject } from 'catalogue/project.ts';
  try {
    await (await openProject(process.argv[2] ?? '')).close();
    console.log('opened');
  } catch (error) {
    console.log(String(error));
  }
`;

const WRITE = `
  import { openProject } from 'catalogue/project.ts';
  const project = await openProject(process.argv[2] ?? '');
  const sourceId = await project.catalogue.addSource({ kind: 'labelled', folder: process.argv[3] ?? '', split: 'train' });
  const imageIds = Int32Array.from({ length: 500 }, (_, id) => id);
  const classIds = new Int32Array(1000);
  const probabilities = new Float32Array(1000);
  await project.catalogue.scan(sourceId, async (record) => {
    for (let chunk = 0; ; chunk++) {
      const images = Array.from({ length: 500 }, (_, index) => ({
        relativePath: \`class-\${index % 5}/\${chunk}-\${index}.jpg\`, className: \`class-\${index % 5}\`,
        widthPx: 10, heightPx: 10, format: 'jpeg', bytes: 1, modifiedMs: 1, fileId: null,
      }));
      await record(images);
      await project.scores.writePartition('label-1', chunk, { imageIds, topP: 2, classIds, probabilities });
      if (chunk === 0) console.log('writing');
    }
  });
`;

it('names the process that has the project, and takes it over when that was killed', async () => {
  const project = await newProject();
  await project.close();
  const child = await startChild(HOLD, project.directory);
  await child.said('open');
  await expect(openProject(project.directory)).rejects.toThrow(
    `is open in another process (number ${child.process.pid})`,
  );
  child.process.kill('SIGKILL');
  await child.ended;
  expect(readdirSync(project.directory)).toContain('open-in.json');
  const again = await openProject(project.directory);
  await again.close();
});

it('stays closed to others after a second opening here was refused and a backup was made', async () => {
  const project = await newProject();
  await expect(openProject(project.directory)).rejects.toThrow(/already/);
  await backUpCatalogue(project.database, project.directory, 2);
  const child = await startChild(TRY, project.directory);
  expect(await child.ended).toContain(`ProjectInUse: The project ${project.directory} is open in another process`);
  await project.close();
});

it('is whole after kills in the middle of writing', async () => {
  const project = await newProject();
  await project.close();
  const folder = temporaryFolder();
  let before = 0;
  for (const delayMs of [0, 60, 170]) {
    const child = await startChild(WRITE, project.directory, folder);
    await child.said('writing');
    await wait(delayMs);
    child.process.kill('SIGKILL');
    await child.ended;

    const again = await openProject(project.directory);
    const { imageIds, classIds } = await again.catalogue.labelledImages('train');
    expect(imageIds.length % 500).toBe(0);
    expect(imageIds.length).toBeGreaterThanOrEqual(Math.max(500, before));
    expect([...imageIds]).toEqual(Array.from({ length: imageIds.length }, (_, id) => id));
    expect(classIds.filter((id) => id === 3)).toHaveLength(imageIds.length / 5);
    const parts = await again.scores.partitions('label-1');
    expect(await again.scores.classHistogram('label-1')).toEqual([{ classId: 0, images: 500 * parts.length }]);
    expect(readdirSync(again.path('scores', 'label-1')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    before = imageIds.length;
    await again.close();
  }
});

it.skipIf(!canMountTmpfs())('says that the disk is full, loses nothing, and goes on when there is room', async () => {
  const mount = join(temporaryFolder(), 'small-disk');
  mkdirSync(mount);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', mount]);
  try {
    const project = await createProject(join(mount, 'project'));
    const rows = {
      imageIds: Int32Array.from({ length: 20_000 }, (_, id) => id),
      topP: 2,
      classIds: Int32Array.from({ length: 40_000 }, (_, at) => at % 1000),
      probabilities: Float32Array.from({ length: 40_000 }, (_, at) => Math.abs(Math.sin(at))),
    };
    await project.scores.writePartition('label-1', 0, rows);
    writeFileSync(join(mount, 'filler'), '');
    fillDisk(join(mount, 'filler'));
    await expect(project.scores.writePartition('label-1', 1, rows)).rejects.toThrow(DiskFull);
    const images = Array.from({ length: 20_000 }, (_, index) => ({
      relativePath: `${'long'.repeat(40)}-${index}.jpg`,
      className: null,
      ...{ widthPx: 1, heightPx: 1, format: 'jpeg', bytes: 1, modifiedMs: 1, fileId: null },
    }));
    const record = async () => {
      const source = await project.catalogue.addSource({ kind: 'unlabelled', folder: temporaryFolder(), split: null });
      await project.catalogue.scan(source, async (save) => {
        await save(images);
        return { problems: [] };
      });
    };
    await expect(record()).rejects.toThrow(DiskFull);
    await project.close();

    rmSync(join(mount, 'filler'));
    const again = await openProject(project.directory);
    expect(await again.scores.partitions('label-1')).toEqual([0]);
    await again.scores.writePartition('label-1', 1, rows);
    expect(await again.scores.partitions('label-1')).toEqual([0, 1]);
    await again.close();
  } finally {
    execFileSync('umount', ['-l', mount]);
  }
});
