/**
 * The cost of a run before it is started: images processed, time from speeds measured on the device, memory from the
 * network's tensors, disk space from what the stages write. Stages already done cost nothing.
 */
import { statfs } from 'node:fs/promises';
import { totalmem } from 'node:os';
import type { Project } from '../catalogue/project.ts';
import { chooseDevice } from '../doctor/choose-device.ts';
import { type Device, deviceName, parseDevice } from '../engines/device.ts';
import { PROCESSOR } from '../engines/engine.ts';
import { traitsOf } from '../engines/engines.ts';
import { pixelCacheName, type Squares } from '../images/squares.ts';
import { squaresLookedAt } from '../training/image-reader.ts';
import { DECODING, type DeviceTrials, LEAST_SECONDS } from './device-trials.ts';
import { type ExpectedDevice, expectedDevice } from './expected-device.ts';
import { looksWith } from './feature-teacher.ts';
import { type KnownRate, type MeasuredRates, type Place, type Rate, rateOf, type Work } from './measured-rates.ts';
import { type MissingPixels, missingPixels } from './missing-pixels.ts';
import { requireNetworks } from './network-choice.ts';
import { type PlannedRun, plannedRuns } from './planned-runs.ts';
import { projectSquares } from './project-squares.ts';
import { type NeededWork, type Needs, needsOf, type Planning } from './run-needs.ts';
import { rateOfRun } from './run-rates.ts';
import { readRuns } from './runs.ts';
import { type Goal, type StageName, stages } from './stages.ts';

/** Memory of a computing process before any network: Node, the runtime, the catalogue, decoding. */
const PROCESS_BYTES = 200 * 2 ** 20;

export interface StageEstimate {
  readonly stage: StageName;
  /** The run that it has or would have. */
  readonly runId: string;
  /** For a further round, its number from 2; it is only done if the previous one paid off. */
  readonly round?: number | undefined;
  /** Images processed. */
  readonly images: number;
  /** Null if nothing comparable was measured on the device. */
  readonly seconds: number | null;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** The same work was done before and will be reused: it costs nothing. */
  readonly done: boolean;
}

export interface DecodingEstimate {
  /** Images that are not in the pixel caches yet. */
  readonly images: number;
  readonly seconds: number | null;
  readonly diskBytes: number;
}

export interface Estimate {
  /** Its name, such as cpu or cuda:1; auto while the choice is still open. */
  readonly device: string;
  /** For display. */
  readonly deviceName: string;
  /** Some times are extrapolated from other networks, because these never ran on the device. */
  readonly rough: boolean;
  readonly decoding: DecodingEstimate;
  readonly stages: readonly StageEstimate[];
  /** In total; null if any part is unknown. */
  readonly seconds: number | null;
  /** The peak. */
  readonly memoryBytes: number;
  /** Total memory of the device; null if unknown. */
  readonly deviceMemoryBytes: number | null;
  readonly diskBytes: number;
  readonly freeDiskBytes: number;
}

export interface EstimateRequest extends Planning {
  /** labels: the part that needs no teacher. */
  readonly goal: Goal | 'labels';
  /** The most rounds, each student being the next teacher; one by default. */
  readonly rounds?: number | undefined;
  /** Nothing is decoded here. */
  readonly undecoded?: boolean | undefined;
}

export interface EstimateMeans {
  readonly rates: MeasuredRates;
  /** Undefined if nothing may be measured now because the device is busy. */
  readonly trials: DeviceTrials | undefined;
  /** Tries each network that would take long, even if it could be extrapolated from others. */
  readonly exactly: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Throws what `plannedRuns` and `requireNetworks` throw, and `Interrupted`. */
export async function estimateRun(request: EstimateRequest, means: EstimateMeans): Promise<Estimate> {
  const { project, goal, recipe, sets, rounds, undecoded } = request;
  requireNetworks(recipe, sets.classNames.length);
  const planned = await plannedRuns(project, recipe, sets, goal, rounds);
  const decoded = undecoded ? [] : squaresOf(planned, request);
  const pixels = await Promise.all(decoded.map((squares) => missingPixels(project, squares)));
  const needed = await Promise.all(
    planned.map(async (run) => ({ run, needs: run.finished ? NOTHING : await needsOf(run, request) })),
  );
  const device = await deviceOf(request, means);
  const place: Place = { device: device.device, threads: recipe.engine.threads };
  const works = needed.flatMap(({ needs }) => needs.works);
  const rates = await ratesFor(request, means, { device: device.device, works, pixels });

  const estimated = needed.map(({ run, needs }) => stageEstimate(run, needs, (work) => rateOf(work, place, rates)));
  const decoding = decodingEstimate(project, pixels, rates);
  const parts = [decoding, ...estimated];
  const seconds = parts.map((part) => part.seconds);
  const { bavail, bsize } = await statfs(project.directory);
  return {
    device: device.device,
    deviceName: device.title,
    rough: estimated.some(({ rough }) => rough),
    decoding,
    stages: estimated.map(({ rough: _, ...stage }) => stage),
    seconds: sumOf(seconds),
    memoryBytes: Math.max(...estimated.map(({ memoryBytes }) => memoryBytes)),
    deviceMemoryBytes: memoryOf(parseDevice(device.device)),
    diskBytes: parts.reduce((sum, { diskBytes }) => sum + diskBytes, 0),
    freeDiskBytes: bavail * bsize,
  };
}

const NOTHING: Needs = { works: [], seconds: 0, memoryBytes: 0, diskBytes: 0 };

/** The squares that the recipe's networks and extractor take as input. */
function squaresOf(planned: readonly PlannedRun[], { project, recipe, goal }: EstimateRequest): Squares[] {
  const open = planned.filter(({ finished }) => !finished);
  const networks = open.flatMap((run) =>
    run.networks.map(({ imageSizePx, preprocessing }) => projectSquares(project, imageSizePx, preprocessing)),
  );
  const eyes = open.flatMap(({ look }) => (look ? [squaresLookedAt(look.extractor.extractor)] : []));
  const own =
    goal === 'labels' || looksWith(recipe, goal) === undefined ? [projectSquares(project, recipe.imageSizePx)] : [];
  return [...new Map([...own, ...networks, ...eyes].map((squares) => [pixelCacheName(squares), squares])).values()];
}

async function deviceOf(
  { project, recipe }: Planning,
  { rates, trials, signal }: EstimateMeans,
): Promise<ExpectedDevice> {
  const expected = expectedDevice(recipe.engine.device, await rates.all(), await readRuns(project));
  if (!trials) return expected;
  const device = await chooseDevice(expected.device, signal);
  return { device: deviceName(device), title: traitsOf(device).title };
}

function memoryOf(device: Device | undefined): number | null {
  if (!device) return null;
  const { hardware, memoryBytes = null } = traitsOf(device);
  return hardware === PROCESSOR ? totalmem() : memoryBytes;
}

interface Wanted {
  readonly device: string;
  readonly works: readonly NeededWork[];
  readonly pixels: readonly MissingPixels[];
}

async function ratesFor(
  { project, recipe, sets }: Planning,
  { rates, trials, exactly, signal }: EstimateMeans,
  { device: name, works, pixels }: Wanted,
): Promise<readonly Rate[]> {
  const known = await ratesOfRuns(project);
  const device = parseDevice(name);
  if (!trials || !device) return [...known, ...(await rates.all())];
  const target = { device, threads: recipe.engine.threads ?? undefined };
  return await trials.measured({ project, sets, target, works, pixels, known, exactly }, signal);
}

function stageEstimate(
  { stage, id: runId, round, finished, ...run }: PlannedRun,
  needs: Needs,
  known: (work: Work) => KnownRate | undefined,
): StageEstimate & { readonly rough: boolean } {
  const compared = run.networks.length + Number(run.look !== undefined);
  const images = stages[stage].cost === 'compare' ? run.images * compared : run.images;
  const { diskBytes, works } = needs;
  const named = { stage, runId, ...(round !== undefined && { round }) };
  if (finished) return { ...named, images, seconds: 0, memoryBytes: 0, diskBytes: 0, done: true, rough: false };
  const times = works.map(({ work, images: count }) => {
    const rate = count === 0 ? { imagesPerSecond: 1, rough: false } : known(work);
    return rate && { seconds: count / rate.imagesPerSecond, rough: rate.rough };
  });
  const timed = times.filter((time) => time !== undefined);
  const seconds = timed.reduce((sum, time) => sum + time.seconds, needs.seconds);
  return {
    ...{ ...named, images, diskBytes, done: false },
    seconds: timed.length < times.length ? null : seconds,
    memoryBytes: PROCESS_BYTES + needs.memoryBytes,
    // Work that takes only moments need not be known more exactly.
    rough: timed.some((time) => time.rough && time.seconds >= LEAST_SECONDS),
  };
}

function decodingEstimate(
  { directory }: Project,
  pixels: readonly MissingPixels[],
  rates: readonly Rate[],
): DecodingEstimate {
  const times = pixels.map(({ images, sizePx }) => {
    if (images === 0) return 0;
    const rate = rateOf({ kind: 'decode', project: directory, sizePx }, DECODING, rates);
    return rate ? images / rate.imagesPerSecond : null;
  });
  return {
    images: pixels.reduce((sum, { images }) => sum + images, 0),
    seconds: sumOf(times),
    diskBytes: pixels.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** Null if any part is unknown. */
function sumOf(parts: readonly (number | null)[]): number | null {
  const known = parts.filter((part) => part !== null);
  return known.length < parts.length ? null : known.reduce((sum, part) => sum + part, 0);
}

/**
 * Rates from the project's finished runs, the newest last: the first source while this computer has measured nothing
 * itself.
 */
async function ratesOfRuns(project: Project): Promise<Rate[]> {
  const runs = (await readRuns(project)).filter(({ state }) => state === 'succeeded');
  return (await Promise.all(runs.map((run) => rateOfRun(project, run)))).flat();
}
