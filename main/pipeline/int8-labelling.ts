/**
 * Labelling in 8-bit integers on a processor: calibrated on some of the project's own images, compared with fp32 on
 * others, and refused if the two disagree. The measurement is a file of the labelling's run, which is read when the
 * labelling is continued on this machine or another.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { at } from '../at.ts';
import { writeTextAtomically } from '../atomic-file.ts';
import { findRunFile, recordRunFiles } from '../catalogue/run-files.ts';
import { deviceName } from '../engines/device.ts';
import { traitsOf } from '../engines/engines.ts';
import type { ActivationRanges } from '../engines/int8-plan.ts';
import { ExpectedFailure } from '../failure.ts';
import { runTask } from '../jobs/run-task.ts';
import { CounterRandom } from '../random.ts';
import { StoredDataDamaged } from '../stored-data.ts';
import type { ScoredBatch } from '../training/predict-request.ts';
import type { CachedImages } from '../training/train-request.ts';
import type { ResolvedRecipe } from './resolve-recipe.ts';
import type { Workspace } from './workspace.ts';

export const INT8_FILE = 'int8.json';
/** Version of how ranges are measured and numbers rounded; a change makes labellings different runs. */
export const INT8_REVISION = 1;

const CALIBRATION_IMAGES = 256;
const COMPARED_IMAGES = 1024;
/** The least share of images with the same top class as in fp32. */
export const LEAST_TOP1 = 0.95;
/** The least share of the images that fp32 would select, as a mean over the classes. */
export const LEAST_OVERLAP = 0.9;
const SAMPLING = 0x178;
/** The least number of images by which a class's selection is compared. */
const LEAST_COMPARED_K = 5;

export class Int8Unfit extends ExpectedFailure {}

/** How well 8-bit and fp32 answers for the same images agree. */
export interface Agreement {
  readonly images: number;
  /** The share of images with the same top class. */
  readonly top1: number;
  /** The mean over the classes of the overlap of the `k` highest images. */
  readonly overlap: number;
  readonly k: number;
}

const measuredSchema = z.object({
  ranges: z.object({ least: z.array(z.number()), most: z.array(z.number()) }),
  calibrationImages: z.int(),
  agreement: z.object({ images: z.int(), top1: z.number(), overlap: z.number(), k: z.int() }),
});
type Measured = z.infer<typeof measuredSchema>;

/** Part of the labelling's inputs; empty if it computes in fp32. */
export function int8Parameters({ int8 }: Pick<ResolvedRecipe['label'], 'int8'>): { readonly int8?: number } {
  return int8 ? { int8: INT8_REVISION } : {};
}

export interface Int8Request {
  /** The labelling's run. */
  readonly runId: string;
  readonly modelPath: string;
  readonly cache: Omit<CachedImages, 'imageIds'>;
  readonly unlabelled: Int32Array;
}

/** Throws `Int8Unfit` if a device does not support it, or if the network's 8-bit answers disagree. */
export async function int8Labelling(workspace: Workspace, request: Int8Request): Promise<Measured> {
  for (const { device } of workspace.labelTargets) requireInt8(device);
  const directory = workspace.project.path('runs', request.runId);
  const measured = (await readMeasured(directory)) ?? (await measure(workspace, request));
  await writeTextAtomically(join(directory, INT8_FILE), `${JSON.stringify(measured)}\n`);
  await recordRunFiles(directory, [INT8_FILE]);
  const { top1, overlap, images } = measured.agreement;
  const found = `on ${images} of the images it gives the same first class for ${percent(top1)}, and selects ${percent(overlap)} of the same ones`;
  if (top1 < LEAST_TOP1 || overlap < LEAST_OVERLAP) {
    throw new Int8Unfit(
      `This network computes too differently with int8 (${found}; at least ${percent(LEAST_TOP1)} and ${percent(LEAST_OVERLAP)} are needed): label without --int8 (label.int8=false).`,
    );
  }
  workspace.tell({ kind: 'noted', message: `int8 against fp32: ${found}.` });
  return measured;
}

/** Undefined if not measured, or if the file is damaged: the same images give the same result again. */
async function readMeasured(directory: string): Promise<Measured | undefined> {
  try {
    const path = await findRunFile(directory, INT8_FILE);
    return path === undefined ? undefined : measuredSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (error instanceof StoredDataDamaged) return undefined;
    throw error;
  }
}

/** Throws `Int8Unfit`. */
export function requireInt8(device: Workspace['target']['device']): void {
  if (traitsOf(device).int8) return;
  throw new Int8Unfit(
    `int8 is for labelling on the processor, and ${deviceName(device)} is chosen: use --device cpu, or leave out --int8 (label.int8=false).`,
  );
}

async function measure({ recipe, target, signal, tell }: Workspace, request: Int8Request): Promise<Measured> {
  const { modelPath, cache, unlabelled } = request;
  const { calibration, compared } = sampleOf(unlabelled, recipe.seed);
  tell({
    kind: 'noted',
    message: `int8: calibrating on ${calibration.length} images, comparing with fp32 on ${compared.length} …`,
  });
  const source = (imageIds: Int32Array) => ({ kind: 'cache', ...cache, imageIds }) as const;
  const ranges = await runTask('measureRanges', { target, modelPath, source: source(calibration) }, { signal });
  if (!ranges) {
    throw new Int8Unfit(
      'This teacher has no convolutions that int8 supports (networks of the ResNet family do): label without --int8 (label.int8=false).',
    );
  }
  const ask = async (int8?: ActivationRanges): Promise<ScoredBatch[]> => {
    const batches: ScoredBatch[] = [];
    const wanted = { target, modelPath, batch: recipe.label.batch, source: source(compared), int8 };
    await runTask('predict', wanted, { signal, onEvent: (batch: ScoredBatch) => batches.push(batch) });
    return batches;
  };
  const [exact, rounded] = [joined(await ask()), joined(await ask(ranges))];
  const { k } = recipe.select;
  const share = typeof k === 'number' ? k / unlabelled.length : 1 / exact.classes;
  return {
    ranges: { least: [...ranges.least], most: [...ranges.most] },
    calibrationImages: calibration.length,
    agreement: agreementOf(exact, rounded, share),
  };
}

/** Different images calibrate and compare, unless there is only one. */
function sampleOf(unlabelled: Int32Array, seed: number): { calibration: Int32Array; compared: Int32Array } {
  const { length } = unlabelled;
  const random = new CounterRandom(seed, SAMPLING);
  const places = new Set<number>();
  while (places.size < Math.min(length, CALIBRATION_IMAGES + COMPARED_IMAGES)) places.add(random.integer(length));
  const ids = Int32Array.from(places, (place) => at(unlabelled, place));
  const calibrating = Math.max(1, Math.min(CALIBRATION_IMAGES, ids.length >> 1));
  const calibration = ids.slice(0, calibrating).sort();
  const others = ids.slice(calibrating).sort();
  return { calibration, compared: others.length > 0 ? others : calibration };
}

/** Probabilities of images, [images, classes]. */
interface Answers {
  readonly classes: number;
  readonly probabilities: Float32Array;
}

function joined(batches: readonly ScoredBatch[]): Answers {
  const { classes } = at(batches, 0);
  const probabilities = new Float32Array(batches.reduce((sum, { count }) => sum + count * classes, 0));
  for (const batch of batches) probabilities.set(batch.probabilities, batch.first * classes);
  return { classes, probabilities };
}

/** @param share share of the images in a class's selection */
export function agreementOf(exact: Answers, rounded: Answers, share: number): Agreement {
  const { classes } = exact;
  const images = exact.probabilities.length / classes;
  const k = Math.min(images, Math.max(LEAST_COMPARED_K, Math.round(share * images)));
  let same = 0;
  for (let image = 0; image < images; image++) if (firstOf(exact, image) === firstOf(rounded, image)) same++;
  let overlap = 0;
  for (let output = 0; output < classes; output++) {
    const chosen = new Set(highest(exact, output, images, k));
    overlap += highest(rounded, output, images, k).filter((image) => chosen.has(image)).length / k;
  }
  return { images, top1: same / images, overlap: overlap / classes, k };
}

function firstOf({ classes, probabilities }: Answers, image: number): number {
  const own = probabilities.subarray(image * classes, (image + 1) * classes);
  return own.indexOf(own.reduce((most, value) => Math.max(most, value), 0));
}

/** The `k` images with the highest scores for a class; ties go to the first. */
function highest({ classes, probabilities }: Answers, output: number, images: number, k: number): number[] {
  const of = (image: number) => at(probabilities, image * classes + output);
  return Array.from({ length: images }, (_, image) => image)
    .sort((a, b) => of(b) - of(a) || a - b)
    .slice(0, k);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
