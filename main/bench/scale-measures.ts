/** What is measured by bench:scale, on projects whose catalogues are made of invented rows: there are no files. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProject, openProject, type Project } from '../catalogue/project.ts';
import { requireGoingOn } from '../failure.ts';
import { FINGERPRINT_BYTES } from '../images/fingerprint.ts';
import { NearDuplicateGroups } from '../images/near-duplicates.ts';
import { CounterRandom } from '../random.ts';
import { rounded } from './median.ts';

export interface Measured {
  readonly measure: string;
  readonly images: number;
  readonly seconds: number;
  /** Of the process since it began. */
  readonly peakMebibytes: number;
}

/** Each measure once on a project of so many images. */
export async function* measureAt(images: number, signal: AbortSignal): AsyncGenerator<Measured> {
  const root = await mkdtemp(join(tmpdir(), 'understudy-scale-'));
  try {
    const folder = join(root, 'project');
    await (await projectOf(folder, join(root, 'images'), images)).close();
    let project: Project | undefined;
    const measures: readonly (readonly [string, () => Promise<unknown>])[] = [
      ['opening', async () => (project = await openProject(folder))],
      ['reading every image', async () => project && (await count(project.catalogue.eachImage()))],
      ['reading every chosen image', async () => project && (await count(chosenOf(project, images)))],
      ['the images of each use', async () => await project?.catalogue.unlabelledImages()],
      ['the summary', async () => await project?.catalogue.summary()],
      ['near-copies of pictures of all kinds', async () => group(images, 64)],
      ['near-copies of pictures on flat backgrounds', async () => group(images, 14)],
    ];
    for (const [measure, work] of measures) {
      requireGoingOn(signal);
      const start = performance.now();
      await work();
      const seconds = rounded((performance.now() - start) / 1000);
      yield { measure, images, seconds, peakMebibytes: Math.round(process.resourceUsage().maxRSS / 1024) };
    }
    await project?.close();
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** A thousand folders of unlabelled images. */
async function projectOf(folder: string, source: string, images: number): Promise<Project> {
  const project = await createProject(folder);
  const id = await project.catalogue.addSource({ kind: 'unlabelled', folder: source, split: null });
  await project.database.run(
    `INSERT INTO images (id, source_id, relative_path, width_px, height_px, format, bytes, modified_ms)
     SELECT range, ${id}, (range // 1000) || '/' || range || '.jpg', 640, 480, 'jpeg', 50000 + range % 7919, range
     FROM range(${images})`,
  );
  return project;
}

function chosenOf({ catalogue }: Project, images: number) {
  return catalogue.eachImage({ ids: Int32Array.from({ length: Math.ceil(images / 2) }, (_, place) => 2 * place) });
}

async function count(all: AsyncIterable<unknown>): Promise<number> {
  let found = 0;
  for await (const _ of all) found++;
  return found;
}

/** `bits` of the hash differ from picture to picture, all others are those of a flat background. */
function group(images: number, bits: number): void {
  const random = new CounterRandom(1, bits);
  const groups = new NearDuplicateGroups();
  const fingerprint = new Uint8Array(FINGERPRINT_BYTES);
  for (let id = 0; id < images; id++) {
    fingerprint.fill(0, 0, 8);
    for (let bit = 0; bit < bits; bit++) {
      const place = (bit * 23) % 64;
      if (random.uniform() < 0.5) fingerprint[place >> 3] = (fingerprint[place >> 3] as number) | (1 << (place & 7));
    }
    const brightness = random.integer(200);
    for (let cell = 8; cell < FINGERPRINT_BYTES; cell++) fingerprint[cell] = brightness + random.integer(56);
    groups.add(id, fingerprint);
  }
}
