/** A real project of three classes in miniature, and the settings under which its method runs in seconds. */
import { join } from 'node:path';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { writeJpeg } from '../image-files.ts';
import { newContext } from './workbench-context.ts';

export const TINY = [
  'engine.device=cpu',
  'imageSizePx=16',
  'batch=8',
  'teacher.width=16',
  'label.topP=2',
  'select.k=3',
  'teacher.training.images=64',
  'supervised.training.images=64',
  'pretrain.images=64',
  'finetune.images=64',
];

export const CLASSES = ['ant', 'bee', 'cow'] as const;
export const UNLABELLED = 16;

export async function newSmallProject() {
  const made = await newContext();
  const { context, root, projectId } = made;
  const project = await context.projects.opened(projectId);
  let seed = 1;
  for (const name of CLASSES) {
    for (let index = 0; index < 5; index++) {
      await writeJpeg(join(root, 'labelled', name, `${index}.jpg`), { seed: seed++, widthPx: 40, heightPx: 36 });
    }
  }
  for (let index = 0; index < UNLABELLED; index++) {
    await writeJpeg(join(root, 'unlabelled', `${index}.jpg`), { seed: seed++, widthPx: 40, heightPx: 36 });
  }
  await importFolder(project, { kind: 'labelled', folder: join(root, 'labelled'), split: 'train' });
  await importFolder(project, { kind: 'unlabelled', folder: join(root, 'unlabelled'), split: null });
  return { ...made, project };
}
