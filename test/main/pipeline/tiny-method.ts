/** The whole method over a few drawn images, in seconds and in this process. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Project } from '../../../main/catalogue/project.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { runMethod } from '../../../main/pipeline/method.ts';
import { openWorkspace } from '../../../main/pipeline/open-workspace.ts';
import { readRuns } from '../../../main/pipeline/runs.ts';
import type { Goal } from '../../../main/pipeline/stages.ts';
import type { PipelineEvent } from '../../../main/pipeline/workspace.ts';
import { writeJpeg } from '../image-files.ts';

export const TINY = {
  recipe: 'demo',
  device: 'cpu',
  set: [
    ...['imageSizePx=16', 'batch=8', 'teacher.width=16', 'label.topP=2', 'select.k=3', 'engine.threads=1'],
    'supervised.enabled=false',
    'teacher.training.images=64',
    ...['pretrain', 'finetune'].map((stage) => `${stage}.images=64`),
  ],
};
export const signal = new AbortController().signal;

export async function reach(project: Project, goal: Goal, tell: (event: PipelineEvent) => void = () => {}) {
  const { workspace, collection } = await openWorkspace(project, TINY, { signal, tell });
  return await runMethod(workspace, collection, goal);
}

/** The files of each run that the next ones build on. */
export async function outcome(project: Project) {
  const files = (await readRuns(project)).map(({ id }) => {
    const names = readdirSync(project.path('runs', id)).filter((name) => /safetensors|evaluations/.test(name));
    return [id, names.map((name) => readFileSync(project.path('runs', id, name)).toString('base64'))] as const;
  });
  return new Map(files.toSorted(([a], [b]) => a.localeCompare(b)));
}

export async function drawTinyImages(images: string): Promise<void> {
  let seed = 1;
  for (const name of ['ant', 'bee'])
    for (let file = 0; file < 5; file++)
      await writeJpeg(join(images, 'labelled', name, `${file}.jpg`), { seed: seed++ });
  for (let file = 0; file < 12; file++) await writeJpeg(join(images, 'unlabelled', `${file}.jpg`), { seed: seed++ });
}

export async function addTinyImages(project: Project, images: string): Promise<void> {
  await importFolder(project, { kind: 'labelled', folder: join(images, 'labelled'), split: 'train' });
  await importFolder(project, { kind: 'unlabelled', folder: join(images, 'unlabelled'), split: null });
}
