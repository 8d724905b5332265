/**
 * Pages that scroll through a ranking while a training runs in the same process: how long they wait, and how much slower the
 * training is meanwhile than before and after. LOAD_SECONDS is the length: half a second here, where the test only checks that
 * both continue; 60 s by `npm run test:load`.
 */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createProject } from '../../../main/catalogue/project.ts';
import type { TrainingPoint } from '../../../main/training/train-request.ts';
import type { Job } from '../../../main/workbench/contract/jobs.ts';
import type { ProjectRef } from '../../../main/workbench/contract/projects.ts';
import { LABEL_RUN, makeLargeProject } from '../../large-project.ts';
import { writeJpeg } from '../image-files.ts';
import { addSource, found } from '../workbench/ranked-project.ts';
import { temporaryFolder } from './listening-server.ts';
import { scroll } from './load-clients.ts';
import { type SpawnedHost, startHost } from './spawned-host.ts';

const { LOAD_SECONDS } = process.env;
/** Without other tests beside it. */
const ALONE = LOAD_SECONDS !== undefined;
const LOAD_MS = 1000 * Number(LOAD_SECONDS ?? 0.5);
const IMAGES = ALONE ? 200_000 : 4_000;
const CLIENTS = 4;
/** A small network, trained longer than any load; on tiny images, so that its curve gets points continuously. */
const SETTINGS = [
  'seed=1',
  ...(ALONE ? ['batch=32', 'imageSizePx=32'] : ['batch=4', 'imageSizePx=16']),
  'engine.device=cpu',
  'teacher.model=small-basic',
  'teacher.training.images=100000000',
];

let host: SpawnedHost;
let root: string;
beforeEach(async () => {
  root = temporaryFolder();
  host = await startHost(join(root, 'home'));
});
afterEach(async () => {
  await host.end();
});

it('answers scrolling pages during a training, and keeps training', { timeout: 240_000 + 4 * LOAD_MS }, async () => {
  const ranked = await host.post<ProjectRef>('/api/projects/open', { folder: await makeLargeProject(root, IMAGES) });
  const { origin, cookie } = host;
  const ranking = { origin, cookie, projectId: ranked.id, labelRunId: LABEL_RUN, images: IMAGES };
  const training = await startTraining();
  // The first screen reads and sorts the ranking.
  const opening = await scroll(ranking, 1, 1);
  const before = await training.rateDuring(() => passed(LOAD_MS / 2));
  const during = await training.rateDuring(async () => await scroll(ranking, CLIENTS, LOAD_MS));
  const after = await training.rateDuring(() => passed(LOAD_MS / 2));
  const alone = (before.imagesPerSecond + after.imagesPerSecond) / 2;
  const { windows, thumbnails } = during.result;
  const slowDown = alone / during.imagesPerSecond;
  process.stdout.write(
    [
      `${CLIENTS} pages, ${LOAD_MS / 1000} s, a ranking of ${IMAGES} images:`,
      `the first rank window: ${opening.windows[0]?.toFixed(0)} ms`,
      `rank windows: ${inWords(windows)}`,
      `thumbnails: ${inWords(thumbnails)}`,
      `training: ${alone.toFixed(0)} images a second alone, ${during.imagesPerSecond.toFixed(0)} meanwhile, ${slowDown.toFixed(2)} times slower`,
      '',
    ].join('\n'),
  );
  expect(Math.min(windows.length, thumbnails.length)).toBeGreaterThan(0);
  expect(during.imagesPerSecond).toBeGreaterThan(0);
  // In the short form, other tests share these processors: speed means nothing there.
  if (!ALONE) return;
  expect(percentile(windows, 0.5)).toBeLessThan(100);
  expect(percentile([...windows, ...thumbnails], 0.99)).toBeLessThan(10_000);
  expect(slowDown).toBeLessThan(4);
});

/** Of a teacher, in a separate project. */
async function startTraining() {
  const points: { readonly atMs: number; readonly point: TrainingPoint }[] = [];
  await host.listen((event) => {
    if (event.kind === 'curveGrew') points.push(...event.points.map((point) => ({ atMs: performance.now(), point })));
  });
  const { id } = await host.post<ProjectRef>('/api/projects/open', { folder: await makeTrainingProject() });
  await host.post<Job>(`/api/projects/${id}/run`, { goal: 'teacher', set: SETTINGS });
  const came = async (more: number) => {
    const wanted = points.length + more;
    await expect.poll(() => points.length, { timeout: 120_000 }).toBeGreaterThanOrEqual(wanted);
    return points[points.length - 1];
  };
  await came(2);
  /** From one point of the curve to another, so that whole steps are counted. */
  const rateDuring = async <Result>(work: () => Promise<Result>) => {
    const first = await came(1);
    const result = await work();
    const last = await came(1);
    if (!first || !last) throw new Error('The training has no curve.');
    const images = last.point.imagesProcessed - first.point.imagesProcessed;
    return { result, imagesPerSecond: (1000 * images) / (last.atMs - first.atMs) };
  };
  return { rateDuring };
}

async function makeTrainingProject(): Promise<string> {
  const project = await createProject(join(root, 'training'));
  const draw = async (kind: 'labelled' | 'unlabelled', names: readonly string[], seed: number) => {
    const folder = join(root, kind);
    const paths = names.flatMap((name) => Array.from({ length: ALONE ? 40 : 8 }, (_, index) => `${name}/${index}.jpg`));
    for (const [index, path] of paths.entries()) {
      await writeJpeg(join(folder, path), { seed: seed + index, widthPx: 48, heightPx: 48 });
    }
    await addSource(project, kind, folder, kind === 'labelled' ? 'train' : null, await found(folder, paths));
  };
  await draw('labelled', ['cat', 'dog'], 0);
  await draw('unlabelled', ['any'], 1000);
  await project.close();
  return project.directory;
}

async function passed(durationMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, durationMs));
}

function percentile(times: readonly number[], share: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor(share * (times.length - 1))] ?? Number.NaN;
}

function inWords(times: readonly number[]): string {
  const [half, most] = [0.5, 0.99].map((share) => percentile(times, share).toFixed(1));
  return `p50 ${half} ms, p99 ${most} ms of ${times.length}`;
}
