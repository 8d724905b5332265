/** A finished project with every kind of file that a project keeps: runs, a brought teacher, caches, thumbnails, jobs. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createWorkbench } from '../../../main/workbench/workbench.ts';
import { writeJpeg } from '../image-files.ts';
import { finishedJob } from './finished-job.ts';

export const TINY = [
  'engine.device=cpu',
  'engine.threads=1',
  'imageSizePx=16',
  'batch=8',
  'teacher.width=16',
  'student.width=16',
  'label.topP=2',
  'select.k=3',
  'teacher.training.images=32',
  'supervised.training.images=32',
  'pretrain.images=32',
  'finetune.images=32',
];

export interface FinishedProject {
  readonly folder: string;
  /** A folder of images to classify, which is not a source. */
  readonly asked: string;
}

/** Creates it below `root`, as a user would in the workbench. */
export async function finishedProject(root: string): Promise<FinishedProject> {
  let seed = 1;
  for (const name of ['ant', 'bee', 'cow']) {
    for (let index = 0; index < 5; index++) {
      await writeJpeg(join(root, 'labelled', name, `${index}.jpg`), { seed: seed++ });
    }
  }
  for (let index = 0; index < 14; index++) await writeJpeg(join(root, 'unlabelled', `${index}.jpg`), { seed: seed++ });
  const asked = join(root, 'asked');
  for (let index = 0; index < 2; index++) await writeJpeg(join(asked, `${index}.jpg`), { seed: seed++ });
  const workbench = createWorkbench({
    settingsFolder: join(root, 'settings'),
    version: '0',
    host: 'browser',
    projectsFolder: root,
  });
  try {
    const folder = join(root, 'project');
    const { id } = await workbench.projects.create(folder, 'Damaged');
    for (const [kind, place, split] of [
      ['labelled', 'labelled', 'train'],
      ['unlabelled', 'unlabelled', null],
    ] as const) {
      await finishedJob(
        workbench,
        await workbench.collection.addSource(id, { kind, folder: join(root, place), split }),
      );
    }
    const { images } = await workbench.collection.images(id, { part: 'unlabelled' }, { offset: 0, limit: 4 });
    const [first, second, ...others] = images.map(({ imageId }) => imageId);
    for (const [decision, imageId] of [
      ['label', first],
      ['veto', second],
    ] as const) {
      const target = { kind: 'images', imageIds: imageId === undefined ? [] : [imageId] } as const;
      await workbench.decisions.decide(id, { decision, classId: 0, target });
    }
    await finishedJob(workbench, await workbench.runs.run(id, 'evaluate', 'default', TINY));
    const student = (await workbench.runs.list(id)).find(({ role }) => role === 'result');
    if (!student) throw new Error('no student was trained');
    await finishedJob(workbench, await workbench.use.classifyFolder(id, student.id, asked));
    for (const imageId of others) {
      await workbench.pictures.thumbnail(id, imageId, 96, new AbortController().signal);
    }
    await workbench.ranks.changeSettings(id, { k: 3 });
    return { folder, asked };
  } finally {
    await workbench.close();
  }
}

/** The paths of all files in a folder, relative to it, in order. */
export function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1))
    .sort();
}
