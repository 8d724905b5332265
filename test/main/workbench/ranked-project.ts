/** A project whose unlabelled images have scores: generated ones, or those of drawn images with copies among them. */
import { existsSync, mkdirSync } from 'node:fs';
import { copyFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Project } from '../../../main/catalogue/project.ts';
import type { ImageInput } from '../../../main/catalogue/record-scan.ts';
import { saveRunClasses } from '../../../main/catalogue/run-classes.ts';
import { buildPixelCache } from '../../../main/images/build-pixel-cache.ts';
import { cacheImage } from '../../../main/pipeline/locate-image.ts';
import { savePredictions } from '../../../main/pipeline/predictions.ts';
import type { RunRecord } from '../../../main/pipeline/run-record.ts';
import { writeRun } from '../../../main/pipeline/runs.ts';
import { DecisionsDesk } from '../../../main/workbench/desks/decisions-desk.ts';
import { RanksDesk } from '../../../main/workbench/desks/ranks-desk.ts';
import { RanksStates } from '../../../main/workbench/ranking/ranks-states.ts';
import { image } from '../catalogue/project-builder.ts';
import { writeJpeg } from '../image-files.ts';
import { newContext, temporaryFolder } from './workbench-context.ts';

export const CLASSES = ['a', 'b', 'c'] as const;
export const IMAGE_SIZE_PX = 32;

/** One row: an image's classes, best first, with falling scores. */
export interface Scored {
  readonly imageId: number;
  readonly classIds: readonly number[];
  readonly scores: readonly number[];
}

export async function rankedProject() {
  const { context, projectId } = await newContext();
  const project = await context.projects.opened(projectId);
  const changed = () => context.events.tell({ kind: 'projectChanged', projectId, part: 'runs' });
  const states = new RanksStates(context);
  const [ranks, decisions] = [new RanksDesk(context, states), new DecisionsDesk(context, states)];
  return { context, projectId, project, changed, ranks, decisions };
}

/** One labelled image of each class, ids 0 to 2, then the unlabelled ones: `count` of them, from 3 on. */
export async function addImages(project: Project, count: number): Promise<number[]> {
  const labelled = CLASSES.map((name) => image(`${name}/1.jpg`));
  await addSource(project, 'labelled', temporaryFolder(), 'train', labelled);
  const unlabelled = Array.from({ length: count }, (_, index) => image(`${String(index).padStart(4, '0')}.jpg`));
  await addSource(project, 'unlabelled', temporaryFolder(), null, unlabelled);
  return [...(await project.catalogue.unlabelledImages())];
}

/**
 * Real files in the pixel cache. Ids: labelled 0 to 2, held out 3 to 5, unlabelled 6 to 13, of which 7 is a copy of 6 and 8
 * of the held-out image 3.
 */
export async function addDrawnImages(project: Project): Promise<void> {
  const [labelled, heldOut, unlabelled] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
  for (const [index, name] of CLASSES.entries()) {
    await writeJpeg(join(labelled, name, '1.jpg'), { seed: 100 + index });
    await writeJpeg(join(heldOut, name, '1.jpg'), { seed: 200 + index });
  }
  for (let index = 0; index < 8; index++) await writeJpeg(join(unlabelled, `${index}.jpg`), { seed: 300 + index });
  await copyFile(join(unlabelled, '0.jpg'), join(unlabelled, '1.jpg'));
  await copyFile(join(heldOut, 'a', '1.jpg'), join(unlabelled, '2.jpg'));
  const ofClasses = CLASSES.map((name) => `${name}/1.jpg`);
  await addSource(project, 'labelled', labelled, 'train', await found(labelled, ofClasses));
  await addSource(project, 'labelled', heldOut, 'test', await found(heldOut, ofClasses));
  const names = Array.from({ length: 8 }, (_, index) => `${index}.jpg`);
  await addSource(project, 'unlabelled', unlabelled, null, await found(unlabelled, names));
  const images = [];
  for await (const file of project.catalogue.eachImage()) images.push(cacheImage(file));
  const directory = project.path('cache', `pixels-${IMAGE_SIZE_PX}`);
  await buildPixelCache({ directory, sizePx: IMAGE_SIZE_PX, images });
}

export async function addLabelRun(project: Project, id: string, rows: readonly Scored[]): Promise<RunRecord> {
  const topP = rows[0]?.classIds.length ?? 1;
  await project.scores.writePartition(id, 0, {
    imageIds: Int32Array.from(rows, ({ imageId }) => imageId),
    topP,
    classIds: Int32Array.from(rows.flatMap(({ classIds }) => classIds)),
    probabilities: Float32Array.from(rows.flatMap(({ scores }) => scores)),
  });
  return await addRunRecord(project, id, rows.length, topP);
}

/** A million images of one class in one file, their scores falling from 1 to 0, unrelated to the order of the ids. */
export async function addMillion(project: Project, id: string, images: number): Promise<void> {
  mkdirSync(project.path('scores', id), { recursive: true });
  const file = project.path('scores', id, 'part-00000.parquet');
  await project.database.run(
    `COPY (SELECT range::INTEGER AS image_id, 0::USMALLINT AS class_id,
       (((range * 7919) % ${images}) / ${images})::FLOAT AS probability, 1::UTINYINT AS rank_in_image
     FROM range(${images})) TO '${file}' (FORMAT parquet)`,
  );
  await writeFile(`${file}.done`, '');
  await addRunRecord(project, id, images, 1);
}

/** A teacher and a comparison with it: held-out images that it assigns to the first class, and the class of each. */
export async function addComparison(
  project: Project,
  teacher: string,
  temperature: number,
  heldOut: readonly { readonly best: number; readonly truth: number }[],
): Promise<void> {
  const id = 'evaluate-0001';
  const common = await addRunRecord(project, teacher, 0, 1);
  await writeRun(project, { ...common, stage: 'teacher', parents: [] });
  mkdirSync(project.path('runs', id), { recursive: true });
  const metrics = { teacherTemperature: temperature };
  await writeRun(project, { ...common, id, key: id, stage: 'evaluate', parents: [teacher], metrics });
  await saveRunClasses(project, id, { classIds: [0, 1, 2], classNames: [...CLASSES] });
  await savePredictions(project, id, [
    {
      model: 'teacher',
      imageIds: Int32Array.from(heldOut, (_, place) => 1000 + place),
      trueOutputs: Int32Array.from(heldOut, ({ truth }) => truth),
      probabilities: Float32Array.from(heldOut.flatMap(({ best }) => [best, 1 - best, 0])),
      classes: CLASSES.length,
    },
  ]);
}

async function addRunRecord(project: Project, id: string, images: number, topP: number): Promise<RunRecord> {
  const record: RunRecord = {
    id,
    stage: 'label',
    key: id,
    parents: ['teacher-0001'],
    state: 'succeeded',
    reason: null,
    seed: 0,
    recipe: { imageSizePx: IMAGE_SIZE_PX, teacher: { model: 'resnet18', width: null } },
    engine: 'onnxruntime',
    device: 'cpu',
    versions: {},
    startedAt: new Date().toISOString(),
    finishedAt: new Date().toISOString(),
    metrics: { images, topP },
  };
  const folder = project.path('runs', id);
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
  await writeRun(project, record);
  return record;
}

export async function addSource(
  { catalogue }: Project,
  kind: 'labelled' | 'unlabelled',
  folder: string,
  split: 'train' | 'test' | null,
  images: readonly ImageInput[],
): Promise<void> {
  const id = await catalogue.addSource({ kind, folder, split });
  await catalogue.scan(id, async (record) => {
    await record(images);
    return { problems: [] };
  });
}

export async function found(folder: string, paths: readonly string[]): Promise<ImageInput[]> {
  return await Promise.all(
    paths.map(async (path) => {
      const { size, mtimeMs } = await stat(join(folder, path));
      return image(path, { bytes: size, modifiedMs: mtimeMs });
    }),
  );
}
