/**
 * A project with a thousand or ten thousand generated classes: catalogue rows written by the database itself, over a few drawn
 * images that many links lead to; every unlabelled image has scores for its class and the next one. Includes an evaluation of
 * one model if there are few enough classes.
 */
import { mkdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { at } from '../main/at.ts';
import { createProject, type Project } from '../main/catalogue/project.ts';
import { saveRunClasses } from '../main/catalogue/run-classes.ts';
import { saveEvaluations } from '../main/pipeline/evaluations-file.ts';
import { evaluationOf } from '../main/pipeline/metrics.ts';
import { savePredictions } from '../main/pipeline/predictions.ts';
import { writeRun } from '../main/pipeline/runs.ts';
import { writeJpeg } from './main/image-files.ts';

const DRAWN = 40;
const SIZE_PX = 32;
/** Per class. */
const UNLABELLED = 3;
const LABEL_RUN = 'label-00000001';
const EVALUATION = 'evaluate-00000001';
/** Every so many held-out images, one is predicted as the next class. */
const WRONG = 5;

/** Resolves to the project's folder. Classes are called `class 00000` and so on. */
export async function makeManyClassesProject(folder: string, classes: number, evaluated: boolean): Promise<string> {
  const pictures = join(folder, 'pictures');
  for (let seed = 0; seed < DRAWN; seed++) {
    await writeJpeg(join(pictures, 'drawn', `${seed}.jpg`), { seed, widthPx: SIZE_PX, heightPx: SIZE_PX });
  }
  const images = classes * (2 + UNLABELLED);
  for (let link = 0; link < images / DRAWN; link++) await symlink('drawn', join(pictures, String(link)));
  const project = await createProject(join(folder, 'project'), { name: `${classes} classes` });
  try {
    await addRows(project, pictures, classes);
    await addScores(project, classes);
    if (evaluated) await addEvaluation(project, classes);
    return project.directory;
  } finally {
    await project.close();
  }
}

/** Ids: one labelled image per class, then one held-out image per class, then the unlabelled ones, class by class. */
async function addRows({ catalogue, database }: Project, folder: string, classes: number): Promise<void> {
  const sources = [
    await catalogue.addSource({ kind: 'labelled', folder, split: 'train' }),
    await catalogue.addSource({ kind: 'labelled', folder: join(folder, '..', 'held out'), split: 'test' }),
    await catalogue.addSource({ kind: 'unlabelled', folder: join(folder, '..', 'unlabelled'), split: null }),
  ];
  for (const other of ['held out', 'unlabelled']) await symlink('pictures', join(folder, '..', other));
  const files = await Promise.all(
    Array.from({ length: DRAWN }, async (_, seed) => ({ seed, ...(await stat(join(folder, 'drawn', `${seed}.jpg`))) })),
  );
  const versions = files.map(({ seed, size, mtimeMs }) => `(${seed}, ${size}, ${mtimeMs}::DOUBLE)`).join(', ');
  await database.run(
    `INSERT INTO classes (id, name, first_name)
     SELECT range, format('class {:05d}', range), format('class {:05d}', range) FROM range(${classes})`,
  );
  const rows = [
    { source: at(sources, 0), first: 0, count: classes, split: "'train'" },
    { source: at(sources, 1), first: classes, count: classes, split: "'test'" },
    { source: at(sources, 2), first: 2 * classes, count: UNLABELLED * classes, split: 'NULL' },
  ];
  for (const { source, first, count, split } of rows) {
    await database.run(
      `INSERT INTO images (id, source_id, relative_path, width_px, height_px, format, bytes, modified_ms, split)
       SELECT range, ${source}, (range // ${DRAWN}) || '/' || (range % ${DRAWN}) || '.jpg', ${SIZE_PX}, ${SIZE_PX}, 'jpeg',
         bytes, modified_ms, ${split}
       FROM range(${first}, ${first + count}) JOIN (VALUES ${versions}) drawn(seed, bytes, modified_ms) ON range % ${DRAWN} = seed
       ORDER BY range`,
    );
  }
  await database.run(
    `INSERT INTO labels SELECT range, range % ${classes}, 'folder', now() AT TIME ZONE 'UTC' FROM range(${2 * classes})`,
  );
}

async function addScores(project: Project, classes: number): Promise<void> {
  const count = UNLABELLED * classes;
  const ofClass = (image: number) => Math.floor(image / UNLABELLED);
  await project.scores.writePartition(LABEL_RUN, 0, {
    imageIds: Int32Array.from({ length: count }, (_, image) => 2 * classes + image),
    topP: 2,
    classIds: Int32Array.from({ length: 2 * count }, (_, place) => (ofClass(place >> 1) + (place & 1)) % classes),
    probabilities: Float32Array.from({ length: 2 * count }, (_, place) => (place & 1 ? 0.2 : 0.6 + (place % 7) / 40)),
  });
  await addRun(project, LABEL_RUN, 'label', ['teacher-00000001'], { images: count, topP: 2 });
}

async function addEvaluation(project: Project, classes: number): Promise<void> {
  await addRun(project, EVALUATION, 'evaluate', [LABEL_RUN], {});
  const trueOutputs = Int32Array.from({ length: classes }, (_, image) => image);
  const probabilities = new Float32Array(classes * classes);
  for (let image = 0; image < classes; image++) {
    const said = image % WRONG === 0 ? (image + 1) % classes : image;
    probabilities[image * classes + said] = 0.9;
  }
  const imageIds = Int32Array.from({ length: classes }, (_, image) => classes + image);
  const classIds = Array.from({ length: classes }, (_, id) => id);
  const classNames = classIds.map((id) => `class ${String(id).padStart(5, '0')}`);
  await saveRunClasses(project, EVALUATION, { classIds, classNames });
  await savePredictions(project, EVALUATION, [{ model: 'teacher', imageIds, trueOutputs, probabilities, classes }]);
  await saveEvaluations(project, EVALUATION, { teacher: evaluationOf(probabilities, trueOutputs, classes) });
}

async function addRun(
  project: Project,
  id: string,
  stage: 'label' | 'evaluate',
  parents: string[],
  metrics: Record<string, number>,
): Promise<void> {
  await mkdir(project.path('runs', id), { recursive: true });
  const now = new Date().toISOString();
  await writeRun(project, {
    id,
    stage,
    key: id,
    parents,
    state: 'succeeded',
    reason: null,
    seed: 0,
    recipe: { imageSizePx: SIZE_PX, teacher: { model: 'resnet18', width: null } },
    engine: 'onnxruntime',
    device: 'cpu',
    versions: {},
    startedAt: now,
    finishedAt: now,
    metrics,
  });
}
