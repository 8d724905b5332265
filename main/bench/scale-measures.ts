/**
 * The measures of bench:scale: on small files made for the purpose, as far as they fit, and on projects whose
 * catalogues and scores consist of invented rows without files.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inventImages, inventLabelled } from '../catalogue/invented-rows.ts';
import { createProject, openProject, type Project } from '../catalogue/project.ts';
import { requireGoingOn } from '../failure.ts';
import { FINGERPRINT_BYTES } from '../images/fingerprint.ts';
import { NearPictures } from '../images/near-pictures.ts';
import { decodeOnce } from '../pipeline/decode-once.ts';
import { estimateRun } from '../pipeline/estimate.ts';
import { importFolder } from '../pipeline/import-folder.ts';
import { MeasuredRates } from '../pipeline/measured-rates.ts';
import { builtIn, previewOf } from '../pipeline/preview-recipe.ts';
import { CounterRandom } from '../random.ts';
import { type Cost, costOf } from './measured-process.ts';
import { ScaleRanks } from './scale-ranks.ts';

export interface Measured extends Cost {
  readonly measure: string;
  readonly images: number;
}

/** One piece of work; `measure` is null if its cost is not reported. */
interface Step {
  readonly measure: string | null;
  /** No later step depends on it, so it is skipped when not requested. */
  readonly isApart?: boolean;
  readonly work: () => Promise<unknown>;
}

/** The most files to create: beyond this a disk fills up and nothing more is learnt. */
const MOST_FILES = 200_000;

/** Takes each measure once on `images` images, limited to those whose name contains `only`. */
export async function* measureAt(images: number, only: string, signal: AbortSignal): AsyncGenerator<Measured> {
  const root = await mkdtemp(join(tmpdir(), 'understudy-scale-'));
  try {
    for (const steps of [filesSteps(root, images, signal), rowsSteps(root, images, signal), copiesSteps(images)]) {
      if (!steps.some(({ measure }) => measure?.includes(only))) continue;
      for (const { measure, isApart, work } of steps) {
        requireGoingOn(signal);
        if (measure?.includes(only)) yield { measure, images, ...(await costOf(work)) };
        else if (!isApart) await work();
      }
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** On real files: bitmaps of 4 by 4 pixels, a thousand in each folder. */
function filesSteps(root: string, images: number, signal: AbortSignal): readonly Step[] {
  if (images > MOST_FILES) return [];
  const folder = join(root, 'files');
  let project: Project | undefined;
  const add = async () => project && (await importFolder(project, { kind: 'unlabelled', folder, split: null }));
  return [
    { measure: null, work: async () => makeFiles(folder, images) },
    { measure: null, work: async () => (project = await createProject(join(root, 'files-project'))) },
    { measure: 'import', work: add },
    { measure: 'rescan with nothing new', work: add },
    {
      measure: 'filling the pixel cache',
      isApart: true,
      work: async () => project && (await fillCache(project, signal)),
    },
    { measure: null, work: async () => await project?.close() },
    { measure: null, work: async () => await rm(folder, { recursive: true }) },
  ];
}

function rowsSteps(root: string, images: number, signal: AbortSignal): readonly Step[] {
  const folder = join(root, 'project');
  let project: Project | undefined;
  let ranks: ScaleRanks | undefined;
  return [
    { measure: null, work: async () => await (await projectOf(folder, join(root, 'images'), images)).close() },
    { measure: 'opening', work: async () => (project = await openProject(folder)) },
    {
      ...{ measure: 'reading every image', isApart: true },
      work: async () => project && (await count(project.catalogue.eachImage())),
    },
    {
      ...{ measure: 'reading every chosen image', isApart: true },
      work: async () => project && (await count(chosenOf(project, images))),
    },
    {
      ...{ measure: 'the images of each use', isApart: true },
      work: async () => await project?.catalogue.unlabelledImages(),
    },
    { measure: 'the summary', isApart: true, work: async () => await project?.catalogue.summary() },
    {
      measure: 'scores: writing',
      work: async () => {
        ranks = project && new ScaleRanks(project, images);
        await ranks?.writeScores();
      },
    },
    { measure: 'ranks: sorting', work: async () => await ranks?.rank() },
    { measure: null, work: async () => await ranks?.checkRanks() },
    { measure: 'ranks: the first window of a class', work: async () => await ranks?.window() },
    { measure: 'ranks: balance of all classes', work: async () => await ranks?.balance() },
    { measure: 'ranks: moving K', work: async () => await ranks?.moveLine() },
    { measure: 'ranks: vetoing 10,000', work: async () => await ranks?.veto() },
    { measure: 'ranks: undoing that', work: async () => await ranks?.undo() },
    { measure: 'ranks: selecting', work: async () => await ranks?.select() },
    { measure: null, work: async () => project && (await labelSome(project, join(root, 'labelled'), images)) },
    {
      ...{ measure: 'estimating the whole method', isApart: true },
      work: async () => project && (await estimate(project, root, signal)),
    },
    { measure: null, work: async () => await project?.close() },
  ];
}

function copiesSteps(images: number): readonly Step[] {
  const ofAllKinds = async () => group(images, 64);
  const onFlatBackgrounds = async () => group(images, 14);
  return [
    { measure: 'near-copies of pictures of all kinds', isApart: true, work: ofAllKinds },
    { measure: 'near-copies of pictures on flat backgrounds', isApart: true, work: onFlatBackgrounds },
  ];
}

/** In pixels: the files are smaller, so that their reading and the writing are what is measured. */
const CACHED_PX = 8;
const LABELLED = { count: 1000, classes: 10 };

async function fillCache(project: Project, signal: AbortSignal): Promise<void> {
  await decodeOnce({ project, signal, tell: () => {} }, CACHED_PX);
}

async function labelSome(project: Project, source: string, images: number): Promise<void> {
  const id = await project.catalogue.addSource({ kind: 'labelled', folder: source, split: 'train' });
  await inventLabelled(project.database, id, { first: images, ...LABELLED });
}

/** As a page does it: by known rates, of which there are none, and with nothing measured. */
async function estimate(project: Project, settings: string, signal: AbortSignal): Promise<void> {
  const { resolved, sets, unfit } = await previewOf(project, builtIn('default'), ['engine.device=cpu']);
  if (!resolved || !sets) throw new Error(unfit ?? 'nothing can be trained');
  const means = { rates: new MeasuredRates(settings), trials: undefined, exactly: false, signal };
  await estimateRun({ project, goal: 'evaluate', recipe: resolved, sets }, means);
}

const FILES_A_FOLDER = 1000;

function makeFiles(folder: string, images: number): void {
  const bitmap = Buffer.alloc(54 + 48);
  bitmap.write('BM');
  bitmap.writeUInt32LE(bitmap.length, 2);
  bitmap.writeUInt32LE(54, 10);
  bitmap.writeUInt32LE(40, 14);
  bitmap.writeInt32LE(4, 18);
  bitmap.writeInt32LE(4, 22);
  bitmap.writeUInt16LE(1, 26);
  bitmap.writeUInt16LE(24, 28);
  bitmap.writeUInt32LE(48, 34);
  for (let image = 0; image < images; image++) {
    const inside = join(folder, String(Math.floor(image / FILES_A_FOLDER)));
    if (image % FILES_A_FOLDER === 0) mkdirSync(inside, { recursive: true });
    writeFileSync(join(inside, `${image}.bmp`), bitmap);
  }
}

/** A thousand folders of unlabelled images. */
async function projectOf(folder: string, source: string, images: number): Promise<Project> {
  const project = await createProject(folder);
  const id = await project.catalogue.addSource({ kind: 'unlabelled', folder: source, split: null });
  await inventImages(project.database, id, images);
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

/** `bits` of the hash differ from picture to picture; all others are those of a flat background. */
async function group(images: number, bits: number): Promise<void> {
  const random = new CounterRandom(1, bits);
  const pictures = new NearPictures();
  const fingerprint = new Uint8Array(FINGERPRINT_BYTES);
  for (let id = 0; id < images; id++) {
    fingerprint.fill(0, 0, 8);
    for (let bit = 0; bit < bits; bit++) {
      const place = (bit * 23) % 64;
      if (random.uniform() < 0.5) fingerprint[place >> 3] = (fingerprint[place >> 3] as number) | (1 << (place & 7));
    }
    const brightness = random.integer(200);
    for (let cell = 8; cell < FINGERPRINT_BYTES; cell++) fingerprint[cell] = brightness + random.integer(56);
    pictures.add(fingerprint);
  }
  pictures.compared().sets.groups(new Int32Array(images));
}
