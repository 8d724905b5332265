/**
 * A project with a million images, or another number, and their scores: catalogue rows and Parquet written by the database
 * itself, and files that can be opened (a few drawn ones, in one folder that many links lead to).
 */
import { mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { at } from '../main/at.ts';
import { createProject, type Project } from '../main/catalogue/project.ts';
import { writeRun } from '../main/pipeline/runs.ts';
import { writeJpeg } from './main/image-files.ts';

const DRAWN = 200;
const [WIDTH_PX, HEIGHT_PX] = [160, 120];
/** Coprime to the number of images: the scores do not follow the ids, and no two are equal. */
const STRIDE = 7919;
export const LABEL_RUN = 'label-00000001';

/** The image at a rank, from 1, of the only class, for this number of ranked images. */
export function imageAtRank(rank: number, images: number): number {
  return Number((BigInt(images - rank) * inverse(BigInt(STRIDE), BigInt(images))) % BigInt(images));
}

/** Resolves to the project's folder. The first ids, from 0, are unlabelled and scored; one labelled image follows them. */
export async function makeLargeProject(folder: string, images: number): Promise<string> {
  const pictures = join(folder, 'pictures');
  await drawPictures(pictures, images);
  const project = await createProject(join(folder, 'project'));
  try {
    await addImages(project, pictures, images);
    await addScores(project, images);
    return project.directory;
  } finally {
    await project.close();
  }
}

async function drawPictures(folder: string, images: number): Promise<void> {
  for (let seed = 0; seed < DRAWN; seed++) {
    await writeJpeg(join(folder, 'drawn', `${seed}.jpg`), { seed, widthPx: WIDTH_PX, heightPx: HEIGHT_PX });
  }
  for (let link = 0; link < images / DRAWN; link++) await symlink('drawn', join(folder, String(link)));
}

async function addImages({ catalogue, database }: Project, folder: string, images: number): Promise<void> {
  const unlabelled = await catalogue.addSource({ kind: 'unlabelled', folder, split: null });
  // With the files' real versions: another version of a file would not be shown.
  const drawn = await Promise.all(
    Array.from({ length: DRAWN }, async (_, seed) => ({ seed, ...(await stat(join(folder, 'drawn', `${seed}.jpg`))) })),
  );
  const versions = drawn.map(({ seed, size, mtimeMs }) => `(${seed}, ${size}, ${mtimeMs}::DOUBLE)`);
  await database.run(
    `INSERT INTO images (id, source_id, relative_path, width_px, height_px, format, bytes, modified_ms)
     SELECT range, ${unlabelled}, (range // ${DRAWN}) || '/' || (range % ${DRAWN}) || '.jpg', ${WIDTH_PX}, ${HEIGHT_PX}, 'jpeg', bytes, modified_ms
     FROM range(${images}) JOIN (VALUES ${versions.join(', ')}) drawn(seed, bytes, modified_ms) ON range % ${DRAWN} = seed
     ORDER BY range`,
  );
  const labelled = await catalogue.addSource({ kind: 'labelled', folder: join(folder, 'drawn'), split: 'train' });
  const file = {
    widthPx: WIDTH_PX,
    heightPx: HEIGHT_PX,
    format: 'jpeg',
    bytes: at(drawn, 0).size,
    modifiedMs: at(drawn, 0).mtimeMs,
    fileId: null,
  };
  await catalogue.scan(labelled, async (record) => {
    await record([{ ...file, relativePath: '0.jpg', className: 'bird' }]);
    return { problems: [] };
  });
}

async function addScores(project: Project, images: number): Promise<void> {
  await mkdir(project.path('scores', LABEL_RUN), { recursive: true });
  await mkdir(project.path('runs', LABEL_RUN), { recursive: true });
  const file = project.path('scores', LABEL_RUN, 'part-00000.parquet');
  await project.database.run(
    `COPY (SELECT range::INTEGER AS image_id, 0::USMALLINT AS class_id,
       (((range * ${STRIDE}) % ${images}) / ${images})::FLOAT AS probability, 1::UTINYINT AS rank_in_image
     FROM range(${images})) TO '${file}' (FORMAT parquet)`,
  );
  await writeFile(`${file}.done`, '');
  const now = new Date().toISOString();
  await writeRun(project, {
    id: LABEL_RUN,
    stage: 'label',
    key: LABEL_RUN,
    parents: ['teacher-00000001'],
    state: 'succeeded',
    reason: null,
    seed: 0,
    recipe: { imageSizePx: 32, teacher: { model: 'resnet18', width: null } },
    engine: 'onnxruntime',
    device: 'cpu',
    versions: {},
    startedAt: now,
    finishedAt: now,
    metrics: { images, topP: 1 },
  });
}

/** By Euclid: the number whose product with `value` is 1 modulo `modulus`. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [rest, next, factor, following] = [value, modulus, 1n, 0n];
  while (next !== 0n) {
    const times = rest / next;
    [rest, next] = [next, rest - times * next];
    [factor, following] = [following, factor - times * following];
  }
  return ((factor % modulus) + modulus) % modulus;
}
