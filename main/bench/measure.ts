/** One case of the benchmark: a median over runs of an inference pass or an SGD step, or one pass over a folder. */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseDevice } from '../doctor/choose-device.ts';
import { type KernelTime, profileKernels } from '../engines/cuda/profile.ts';
import { type Device, deviceName } from '../engines/device.ts';
import type { Precision, SessionOptions, TensorData, Tensors } from '../engines/engine.ts';
import { engineOf, traitsOf } from '../engines/engines.ts';
import { profileRuns, type RunProfile } from '../engines/onnxruntime/profile.ts';
import { requireGoingOn, WrongUsage } from '../failure.ts';
import type { Program } from '../graph/program.ts';
import { buildPixelCache } from '../images/build-pixel-cache.ts';
import type { CacheImage } from '../images/cache-image.ts';
import { fileAt, type ImageLocator } from '../images/image-locator.ts';
import { scanFolder } from '../images/scan.ts';
import { architecture } from '../models/family.ts';
import type { ImageInputOptions } from '../models/image-input.ts';
import { networkFor } from '../models/network.ts';
import { inferenceProgram, initialTrainingState, readTally, trainingProgram } from '../models/programs.ts';
import { referenceInput, referenceWeights } from '../models/reference-weights.ts';
import { measuredInput, openImageReader } from '../training/image-reader.ts';
import { evaluatedImages, imageTensors, type ShownImages } from '../training/shown-images.ts';
import { topClasses } from '../training/top-classes.ts';
import { valueAt } from '../value-at.ts';
import { loopRate } from './loop-rates.ts';
import { median } from './median.ts';

const CLASSES = 1000;
const WARM_UPS = 2;
const RUNS = 7;
const TOP_P = 10;

const CASE_KINDS = ['infer', 'train', 'folder', 'decode', 'learn', 'label'] as const;
type CaseKind = (typeof CASE_KINDS)[number];

export interface BenchCase {
  readonly kind: CaseKind;
  readonly model: string;
  readonly sizePx: number;
  readonly batch: number;
  readonly folder: string;
}

/** Throws `WrongUsage` for anything that is not a case. */
export function parseCase(text: string): BenchCase {
  const [named, model, size, batch, ...folder] = text.split(':');
  const kind = CASE_KINDS.find((known) => known === named);
  const [sizePx, count] = [Number(size), Number(batch)];
  if (!kind || !model || !(sizePx > 0) || !(count > 0)) {
    throw new WrongUsage(
      `“${text}” is not a case: write KIND:NAME:SIZE:BATCH with infer, train, learn or label, or folder:NAME:SIZE:BATCH:DIR, or decode:-:SIZE:AT_ONCE:DIR.`,
    );
  }
  return { kind, model, sizePx, batch: count, folder: folder.join(':') };
}

interface Measured {
  readonly imagesPerSecond: number;
  /** Over all threads of this process, for passes and steps on a processor: hardly affected by other processes. */
  readonly imagesPerCpuSecond?: number;
  /** Present if requested and reported by the device. */
  readonly profile: RunProfile | undefined;
  /** The same of an NVIDIA card through its driver. */
  readonly kernels?: readonly KernelTime[];
}

export interface MeasureOptions {
  readonly device: string;
  readonly threads: number;
  readonly profile: boolean;
  readonly spinUs?: number;
  readonly precision?: Precision;
  /** For `learn`: 0 if the training makes its batches itself. */
  readonly batchThreads?: number;
  /** Measured runs or steps of a pass; 7 by default, after two that are not measured. */
  readonly runs?: number | undefined;
  readonly signal?: AbortSignal;
}

interface Repetition {
  readonly warmUps: number;
  readonly runs: number;
  readonly signal: AbortSignal;
}

interface Computation {
  readonly program: Program;
  readonly state: Tensors;
  readonly inputs: Tensors;
}

/** Throws `Interrupted` when `signal` aborts. */
export async function measureCase(wanted: BenchCase, options: MeasureOptions): Promise<Measured> {
  const { threads, spinUs, precision, runs = RUNS, signal = new AbortController().signal } = options;
  const repetition = { runs, warmUps: Math.min(WARM_UPS, runs), signal };
  const device = await chooseDevice(options.device, signal);
  const session = { device, threads, precision, ...(spinUs === undefined ? {} : { spinUs }) };
  if (precision && !traitsOf(device).precisions.includes(precision)) {
    throw new WrongUsage(`The device ${deviceName(device)} does not compute in ${precision}: leave out --precision.`);
  }
  if (wanted.kind === 'decode') return { imagesPerSecond: await decodingRate(wanted), profile: undefined };
  if (wanted.kind === 'learn' || wanted.kind === 'label') {
    return { imagesPerSecond: await loopRate(wanted, session, options.batchThreads), profile: undefined };
  }
  if (wanted.kind === 'folder') {
    return {
      imagesPerSecond: await measureFolder(wanted, session.device, session.threads, signal),
      profile: undefined,
    };
  }
  const ahead = wanted.kind === 'train' && traitsOf(session.device).keepsStateOnDevice;
  const rates: Rates = ahead
    ? { imagesPerSecond: await rateAhead(wanted, session, repetition) }
    : await medianRate(wanted, session, repetition);
  if (!options.profile || session.device.engine === 'tensorflow') return { ...rates, profile: undefined };
  const { program, state, inputs } = computationOf(wanted, session.device);
  if (session.device.engine === 'cuda') {
    return { ...rates, profile: undefined, kernels: await profileKernels(program, state, inputs, session) };
  }
  return { ...rates, profile: await profileRuns(program, state, inputs, session) };
}

interface ProgramKind {
  readonly tally?: boolean;
  /** Images are inputs in the form for a device that takes pixels. */
  readonly asPixels?: boolean;
}

function inputOf({ model, batch, sizePx: imageSizePx }: BenchCase, asPixels: boolean): ImageInputOptions {
  const network = networkFor(architecture(model, CLASSES), imageSizePx);
  return measuredInput({ network, imageSizePx }, batch, asPixels);
}

/** The program of a case of inference or training. */
export function programOf(wanted: BenchCase, { tally = false, asPixels = false }: ProgramKind = {}): Program {
  const input = inputOf(wanted, asPixels);
  if (wanted.kind === 'infer') return inferenceProgram(input);
  return trainingProgram({
    ...input,
    optimiser: { momentum: 0.9, weightDecay: 1e-4, nesterov: false },
    labelSmoothing: 0,
    dropoutRate: 0,
    softTargets: false,
    tally,
  });
}

function computationOf(wanted: BenchCase, device: Device, tally = false): Computation {
  const { kind, batch } = wanted;
  const asPixels = traitsOf(device).takesPixels;
  const input = inputOf(wanted, asPixels);
  const images = imageTensors(drawnImages(input));
  const program = programOf(wanted, { tally, asPixels });
  const { network } = input;
  if (kind === 'infer') return { program, state: referenceWeights(network), inputs: new Map(images) };
  const inputs = new Map<string, TensorData>([
    ...images,
    ['targets', Int32Array.from({ length: batch }, (_, index) => index % CLASSES)],
    ['learningRate', Float32Array.of(0.05)],
    ['beginsTally', Int32Array.of(0)],
  ]);
  return { program, state: initialTrainingState(program, referenceWeights(network)), inputs };
}

function drawnImages(input: ImageInputOptions): ShownImages {
  const images = evaluatedImages(input);
  if (images.kind === 'pixels') images.pixels.set(images.pixels.map((_, index) => (index * 37) % 256));
  else images.images.set(referenceInput([images.images.length]));
  return images;
}

type Rates = Pick<Measured, 'imagesPerSecond' | 'imagesPerCpuSecond'>;

async function medianRate(
  wanted: BenchCase,
  options: SessionOptions,
  { warmUps, runs, signal }: Repetition,
): Promise<Rates> {
  const { program, state, inputs } = computationOf(wanted, options.device);
  const session = await engineOf(options.device).prepare(program, state, options);
  try {
    for (let run = 0; run < warmUps; run++) await session.run(inputs);
    requireGoingOn(signal);
    const times: number[] = [];
    const cpuTimes: number[] = [];
    for (let run = 0; run < runs; run++) {
      requireGoingOn(signal);
      const [startedMs, before] = [performance.now(), process.cpuUsage()];
      await session.run(inputs);
      times.push(performance.now() - startedMs);
      const { user, system } = process.cpuUsage(before);
      cpuTimes.push(user + system);
    }
    return {
      imagesPerSecond: (wanted.batch * 1000) / median(times),
      imagesPerCpuSecond: (wanted.batch * 1e6) / median(cpuTimes),
    };
  } finally {
    await session.dispose();
  }
}

/** As a training does: several steps are queued on the device before waiting for it. */
async function rateAhead(
  wanted: BenchCase,
  options: SessionOptions,
  { warmUps, runs, signal }: Repetition,
): Promise<number> {
  const { program, state, inputs } = computationOf(wanted, options.device, true);
  const session = await engineOf(options.device).prepare(program, state, options);
  try {
    for (let run = 0; run < warmUps; run++) await session.run(inputs);
    await readTally(session, program);
    requireGoingOn(signal);
    const startedMs = performance.now();
    for (let run = 0; run < runs; run++) await session.run(inputs);
    await readTally(session, program);
    return (runs * wanted.batch * 1000) / (performance.now() - startedMs);
  } finally {
    await session.dispose();
  }
}

/** Decodes files to the squares of a pixel cache, `batch` at a time. */
async function decodingRate({ folder, sizePx, batch: concurrency }: BenchCase): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'understudy-bench-'));
  try {
    const images: CacheImage[] = [];
    for await (const entry of scanFolder(folder)) {
      if (entry.kind !== 'image') continue;
      const path = join(folder, entry.relativePath);
      const { size: bytes, mtimeMs: modifiedMs } = await stat(path);
      images.push({ id: images.length, locator: fileAt(path), bytes, modifiedMs, revision: 1 });
    }
    const startedMs = performance.now();
    await buildPixelCache({ directory, sizePx, images, concurrency });
    return (images.length * 1000) / (performance.now() - startedMs);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Files to predictions: decode, resize, crop, label, keep the best classes. */
async function measureFolder(wanted: BenchCase, device: Device, threads: number, signal: AbortSignal): Promise<number> {
  const { batch, sizePx: imageSizePx } = wanted;
  const network = networkFor(architecture(wanted.model, CLASSES), imageSizePx);
  const program = inferenceProgram({ network, batch, imageSizePx });
  const engine = engineOf(device);
  const session = await engine.prepare(program, referenceWeights(network), { device, threads });
  const startedMs = performance.now();
  const files: ImageLocator[] = [];
  for await (const entry of scanFolder(wanted.folder)) {
    if (entry.kind === 'image') files.push({ kind: 'file', folder: wanted.folder, relativePath: entry.relativePath });
  }
  const reader = openImageReader({ kind: 'files', images: files }, { imageSizePx });
  const images = new Float32Array(batch * 3 * imageSizePx ** 2);
  try {
    for (let first = 0; first < files.length; first += batch) {
      requireGoingOn(signal);
      const count = Math.min(batch, files.length - first);
      const unreadable = await reader.fill(first, count, images);
      const outputs = await session.run(new Map([['images', images]]));
      const probabilities = valueAt(outputs, 'probabilities');
      topClasses({ first, count, classes: CLASSES, probabilities, unreadable }, TOP_P);
    }
    return (files.length * 1000) / (performance.now() - startedMs);
  } finally {
    reader.close();
    await session.dispose();
  }
}
