/** The cost of a run is estimated before anything is done for it, and estimating changes nothing. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { at } from '../../../main/at.ts';
import { createProject, type Project } from '../../../main/catalogue/project.ts';
import { estimateText } from '../../../main/cli/estimate-view.ts';
import { pixelCacheBytes } from '../../../main/images/pixel-cache.ts';
import { parameterShapes } from '../../../main/models/network.ts';
import { referenceWeights } from '../../../main/models/reference-weights.ts';
import { writeSafetensors } from '../../../main/models/safetensors.ts';
import { DeviceTrials } from '../../../main/pipeline/device-trials.ts';
import { requireRoom } from '../../../main/pipeline/disk-room.ts';
import { type Estimate, estimateRun } from '../../../main/pipeline/estimate.ts';
import { importFolder } from '../../../main/pipeline/import-folder.ts';
import { MeasuredRates } from '../../../main/pipeline/measured-rates.ts';
import { runMethod } from '../../../main/pipeline/method.ts';
import { openWorkspace } from '../../../main/pipeline/open-workspace.ts';
import { builtIn, previewOf } from '../../../main/pipeline/preview-recipe.ts';
import type { Goal } from '../../../main/pipeline/stages.ts';
import { writeJpeg } from '../image-files.ts';

const TINY = [
  ...['engine.device=cpu', 'imageSizePx=16', 'batch=8', 'teacher.width=16', 'label.topP=2', 'select.k=3'],
  ...['teacher.training.images=64', 'supervised.training.images=64', 'pretrain.images=64', 'finetune.images=64'],
];
/** Long enough to be worth a trial on any computer, but never run. */
const LONG = [...TINY, 'teacher.training.images=100000000', 'pretrain.images=200000000'];
const [LABELLED, UNLABELLED] = [15, 12];

let root: string;
let project: Project;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'understudy-estimate-'));
  project = await createProject(join(root, 'project'));
  let seed = 1;
  for (const name of ['ant', 'bee', 'cow']) {
    for (let index = 0; index < LABELLED / 3; index++) {
      await writeJpeg(join(root, 'labelled', name, `${index}.jpg`), { seed: seed++ });
    }
  }
  for (let index = 0; index < UNLABELLED; index++) {
    await writeJpeg(join(root, 'unlabelled', `${index}.jpg`), { seed: seed++ });
  }
  await importFolder(project, { kind: 'labelled', folder: join(root, 'labelled'), split: 'train' });
  await importFolder(project, { kind: 'unlabelled', folder: join(root, 'unlabelled'), split: null });
});
afterAll(async () => {
  await project.close();
  rmSync(root, { recursive: true, force: true });
});

const ratesIn = (folder: string) => new MeasuredRates(join(root, folder));

async function estimated(set: readonly string[], rates: MeasuredRates, goal: Goal = 'evaluate'): Promise<Estimate> {
  const { resolved, sets } = await previewOf(project, builtIn('demo'), set);
  if (!resolved || !sets) throw new Error('the project is not fit');
  return await estimateRun(
    { project, goal, recipe: resolved, sets },
    { rates, trials: new DeviceTrials(rates), exactly: true },
  );
}

/** Without those of the catalogue's copy, which is written whenever the catalogue has changed. */
function filesOf(folder: string): Record<string, number> {
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const names = all.filter((name) => !name.startsWith('catalogue')).sort();
  return Object.fromEntries(names.map((name) => [name, statSync(join(folder, name)).mtimeMs]));
}

it('says images, time, memory and disk of every stage, and their sum; nothing is written but rates', async () => {
  const before = filesOf(project.directory);
  const estimate = await estimated(LONG, ratesIn('first'));
  expect(filesOf(project.directory)).toEqual(before);
  expect(estimate.device).toBe('cpu');
  const { stages, decoding } = estimate;
  expect(stages.map(({ stage, images }) => [stage, images])).toEqual([
    ['teacher', 100_000_000],
    ['label', UNLABELLED],
    ['select', UNLABELLED],
    ['supervised', 64],
    ['pretrain', 200_000_000],
    ['finetune', 64],
    ['evaluate', 4 * 3],
  ]);
  expect(decoding).toMatchObject({
    images: LABELLED + UNLABELLED,
    diskBytes: pixelCacheBytes(LABELLED + UNLABELLED, { sizePx: 16 }),
  });
  const parts = [decoding, ...stages];
  expect(parts.every(({ seconds }) => seconds !== null && seconds > 0)).toBe(true);
  expect(estimate.seconds).toBeCloseTo(parts.reduce((sum, { seconds }) => sum + (seconds ?? Number.NaN), 0));
  expect(estimate.diskBytes).toBe(parts.reduce((sum, { diskBytes }) => sum + diskBytes, 0));
  expect(estimate.memoryBytes).toBe(Math.max(...stages.map(({ memoryBytes }) => memoryBytes)));
  // Both were tried; twice the images of a narrower network are not extrapolated from the teacher.
  expect(estimate.rough).toBe(false);
});

it('counts the larger pixels of weights that are shown an unusual share of the middle', async () => {
  const body = { block: 'basic', layers: [1, 1], width: 8, groups: 1, widthPerGroup: 64, stem: 'small' } as const;
  const network = { ...body, classes: 7 };
  const values = referenceWeights(network);
  const tensors = [...parameterShapes(network)].map(
    ([name, shape]) => [name, { shape, data: values.get(name) ?? new Float32Array() }] as const,
  );
  const file = join(root, 'half-the-middle.safetensors');
  await writeSafetensors(file, new Map(tensors));
  const half = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5], crop_pct: 0.5 };
  writeFileSync(join(root, 'config.json'), JSON.stringify({ pretrained_cfg: half }));
  const { resolved, sets } = await previewOf(project, builtIn('demo'), [
    ...TINY,
    ...['imageSizePx=32', `teacher.startFrom=${file}`],
  ]);
  if (!resolved || !sets) throw new Error('the project is not fit');
  expect(resolved.teacher.start?.imageSizePx).toBe(32);
  const means = { rates: ratesIn('half'), trials: undefined, exactly: false };
  const { decoding } = await estimateRun({ project, goal: 'teacher', recipe: resolved, sets }, means);
  const images = LABELLED + UNLABELLED;
  expect(decoding.diskBytes).toBe(pixelCacheBytes(images, { sizePx: 32 }) + pixelCacheBytes(images, { sizePx: 64 }));
});

it('tries what would take long, remembers it, and says the same again from what it remembers', async () => {
  const rates = ratesIn('remembered');
  const first = await estimated(LONG, rates);
  const known = await rates.all();
  expect(known.filter(({ kind, device }) => kind === 'train' && device === 'cpu').length).toBeGreaterThan(2);
  expect(known.filter(({ kind }) => kind === 'decode')).toEqual([
    {
      kind: 'decode',
      project: project.directory,
      sizePx: 16,
      device: 'cpu',
      threads: null,
      imagesPerSecond: expect.any(Number),
    },
  ]);
  const { freeDiskBytes: _, ...again } = await estimated(LONG, rates);
  const { freeDiskBytes: __, ...before } = first;
  expect(again).toEqual(before);
  expect(await rates.all()).toEqual(known);
});

it('takes another number of threads for another speed', async () => {
  const rates = ratesIn('threads');
  await estimated([...LONG, 'engine.threads=1'], rates, 'teacher');
  const threads = (await rates.all()).flatMap((rate) => (rate.kind === 'train' ? [rate.threads] : []));
  expect(new Set(threads)).toEqual(new Set([1]));
});

it('more images, a wider network and larger images take more', async () => {
  const rates = ratesIn('more');
  const of = async (...set: readonly string[]) => {
    const { stages, decoding } = await estimated([...TINY, ...set], rates, 'teacher');
    return { ...at(stages, 0), decodedBytes: decoding.diskBytes };
  };
  const plain = await of();
  const [longer, wider, larger] = [
    await of('teacher.training.images=128'),
    await of('teacher.width=32'),
    await of('imageSizePx=32'),
  ];
  expect(longer.seconds).toBeCloseTo(2 * (plain.seconds ?? Number.NaN));
  for (const more of [wider, larger]) {
    expect(more.seconds).toBeGreaterThan(plain.seconds ?? Number.NaN);
    expect(more.memoryBytes).toBeGreaterThan(plain.memoryBytes);
  }
  expect(wider.diskBytes).toBeGreaterThan(plain.diskBytes);
  expect(larger.decodedBytes).toBe(4 * plain.decodedBytes);
});

it('what would fill the disk is refused before it starts, with what it needs and what there is', async () => {
  // Only weights: no computer has room for these, and none tries them.
  const enormous = ['student.width=1000000', 'student.blocks=[1,1,1]'];
  const estimate = await estimated([...TINY, ...enormous], ratesIn('enormous'));
  expect(estimate.diskBytes).toBeGreaterThan(estimate.freeDiskBytes);
  expect(estimate.deviceMemoryBytes).toBe(totalmem());
  expect(estimateText(estimate)).toMatch(/ The device has [\d.]+ GiB of memory\./);
  expect(() => requireRoom(project, estimate)).toThrow(
    /^The disk has too little room: this run needs about [\d.]+ TiB in .*project and [\d.]+ [MGT]iB are free; free some space/,
  );
  const small = await estimated(TINY, ratesIn('enormous'));
  requireRoom(project, small);
});

it('what was done before takes nothing', async () => {
  const host = { signal: new AbortController().signal, tell: () => {} };
  const { workspace, collection } = await openWorkspace(project, { recipe: 'demo', set: TINY }, host);
  await runMethod(workspace, collection, 'label');
  const { stages, decoding } = await estimated(TINY, ratesIn('done'));
  expect(decoding).toEqual({ images: 0, seconds: 0, diskBytes: 0 });
  expect(
    stages.map(({ stage, done, seconds, diskBytes }) => [stage, done, seconds === 0, diskBytes === 0]).slice(0, 3),
  ).toEqual([
    ['teacher', true, true, true],
    ['label', true, true, true],
    ['select', false, false, false],
  ]);
});
