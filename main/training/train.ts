/**
 * The training loop of every network of the method: teacher, supervised student, pre-training, fine-tuning. Runs on a
 * worker thread. Length is counted in images processed, as in the paper (section 3). It can be killed at any moment and
 * continues from its last checkpoint; on the CPU the result is bit for bit the same.
 */
import { join } from 'node:path';
import { deviceName } from '../engines/device.ts';
import { OutOfMemory } from '../engines/device-failures.ts';
import type { Engine, ProgramSession, TensorData } from '../engines/engine.ts';
import { ExpectedFailure, Interrupted } from '../failure.ts';
import type { Program } from '../graph/program.ts';
import { loadModel, requireSameNetwork, saveModel } from '../models/checkpoint.ts';
import { initialState } from '../models/network.ts';
import { biasCorrections } from '../models/optimiser-step.ts';
import {
  initialTrainingState,
  readTally,
  resumedTrainingState,
  stateBetweenSteps,
  trainingProgram,
  weightsOf,
} from '../models/programs.ts';
import { loadStart } from '../models/starting-weights.ts';
import { partsOf } from './batch-parts.ts';
import type { Batch, BatchStream } from './batch-source.ts';
import { HeldOutWatch } from './held-out.ts';
import { learningRateAt } from './learning-rate.ts';
import { eachOf, imagesOf, imageTensors, shownAsPixels } from './shown-images.ts';
import { hasSoftTargets, type TrainingPoint, type TrainRequest, type TrainResult } from './train-request.ts';
import { type ResumePoint, readCheckpoint, TrainingLog } from './training-checkpoint.ts';

/** A curve has about this many points, and none spans more than `MOST_STEPS_PER_POINT` steps. */
const POINTS_PER_CURVE = 200;
const MOST_STEPS_PER_POINT = 50;
/** How many steps are queued on a device before waiting for their results. */
const STEPS_AHEAD = 4;
/**
 * The minimum time between two progress reports between points of the curve, which may be hours apart on a slow device.
 */
const NEWS_EVERY_MS = 1000;

export class TrainingDiverged extends ExpectedFailure {}

export interface TrainHost {
  shouldStop(): boolean;
  progressed(progress: TrainProgress): void;
  /** The clock for the reports between points; the system's by default. */
  nowMs?(): number;
  openBatches(request: TrainRequest): BatchStream;
}

export interface TrainProgress {
  readonly imagesProcessed: number;
  readonly totalImages: number;
  readonly imagesPerSecond: number;
  /** The number of runs in which each batch is computed. */
  readonly parts: number;
  /** The point appended to the curve; null after a step that is not one of its points. */
  readonly point: TrainingPoint | null;
}

/**
 * If the device has no room for a batch, its gradients are summed over smaller parts: the training continues from its
 * last checkpoint, with the requested batch size. If there is no room for a single image, the device saves memory, if
 * it can. Throws `OutOfMemory` if that is not enough.
 */
export async function train(given: TrainRequest, engine: Engine, host: TrainHost): Promise<TrainResult> {
  const traits = engine.traits(given.target.device);
  const request = { ...given, asPixels: shownAsPixels(given, traits) };
  let saveMemory = false;
  for (let least = partsOf(request.batch, request.imagesAtOnce ?? request.batch); ; ) {
    const resume = await readCheckpoint(request.runDirectory);
    const parts = Math.max(least, resume?.parts ?? 1);
    try {
      return await trainInParts(request, { parts, saveMemory }, resume, engine, host);
    } catch (error) {
      const smaller = partsOf(request.batch, request.batch / parts / 2);
      if (!(error instanceof OutOfMemory)) throw error;
      if (smaller > parts) least = smaller;
      else if (traits.savesMemory && !saveMemory) saveMemory = true;
      else throw new OutOfMemory(noRoomMessage(request, error.message), { cause: error });
    }
  }
}

interface Thrift {
  /** The number of runs in which each batch is computed. */
  readonly parts: number;
  readonly saveMemory: boolean;
}

async function trainInParts(
  request: TrainRequest,
  { parts, saveMemory }: Thrift,
  resume: ResumePoint | undefined,
  engine: Engine,
  host: TrainHost,
): Promise<TrainResult> {
  const { batch, runDirectory } = request;
  const program = programOf(request, parts);
  const totalSteps = Math.max(1, Math.floor(request.images / batch));
  const stepsPerPoint = Math.min(MOST_STEPS_PER_POINT, Math.max(1, Math.round(totalSteps / POINTS_PER_CURVE)));
  const state = resume ? resumedTrainingState(program, resume.state) : await firstState(request, program);
  const session = await engine.prepare(program, state, { ...request.target, saveMemory });
  const kept = stateBetweenSteps(program);
  const log = new TrainingLog(runDirectory, resume);
  const watch = new HeldOutWatch(request, engine, batch / parts, Math.ceil(totalSteps / stepsPerPoint));
  // Opened last, since threads that nobody closes would keep this one from ending.
  const batches = host.openBatches(request);
  try {
    const firstStep = resume?.step ?? 0;
    const nowMs = host.nowMs ?? (() => performance.now());
    const startedMs = performance.now();
    let checkpointedMs = startedMs;
    let toldMs = nowMs();
    let finalLoss = Number.NaN;
    let lastPoint = resume?.lastPoint ?? firstStep;
    const checkpointIfDue = async (done: number) => {
      const stopping = host.shouldStop() && done < totalSteps;
      if (stopping || performance.now() - checkpointedMs > request.checkpointEveryMs) {
        const at = { step: done, totalSteps, lastPoint, parts, state: await session.readState(kept) };
        await log.checkpoint(at, stateShapes(program));
        checkpointedMs = performance.now();
      }
      if (stopping) throw new Interrupted();
    };
    const tell = (done: number, point: TrainingPoint | null) => {
      toldMs = nowMs();
      const imagesPerSecond = ((done - firstStep) * batch * 1000) / (performance.now() - startedMs);
      host.progressed({
        imagesProcessed: done * batch,
        totalImages: totalSteps * batch,
        imagesPerSecond,
        parts,
        point,
      });
    };
    for (let step = firstStep; step < totalSteps; step++) {
      const rate = learningRateAt(request.schedule, step, totalSteps);
      await trainStep(session, await batches.take(step), {
        ...{ parts, rate, beginsTally: step === lastPoint },
        corrections: biasCorrections(request.optimiser, step),
      });

      const done = step + 1;
      if (done % stepsPerPoint !== 0 && done !== totalSteps) {
        // Waits for the device, so that queued steps do not pile up.
        if (done % STEPS_AHEAD === 0) await readTally(session, program);
        if (nowMs() - toldMs >= NEWS_EVERY_MS) tell(done, null);
        await checkpointIfDue(done);
        continue;
      }
      const steps = done - lastPoint;
      const { loss, correct } = await readTally(session, program);
      if (!Number.isFinite(loss)) throw new TrainingDiverged(divergedMessage(done * batch, rate));
      finalLoss = loss / steps;
      lastPoint = done;
      const heldOut = await watch.answersAt(Math.ceil(done / stepsPerPoint), session, program);
      const point: TrainingPoint = {
        imagesProcessed: done * batch,
        loss: finalLoss,
        ...(hasSoftTargets(request) ? {} : { top1: correct / (steps * batch) }),
        learningRate: rate,
        ...(heldOut && { heldOut }),
      };
      log.append(point);
      tell(done, point);
      await checkpointIfDue(done);
    }
    await saveTrained(request, await session.readState(kept));
    log.finish();
    const seconds = (performance.now() - startedMs) / 1000;
    const imagesProcessed = totalSteps * batch;
    const imagesPerSecond = (imagesProcessed - firstStep * batch) / seconds;
    return { imagesProcessed, finalLoss, seconds, imagesPerSecond, parts };
  } finally {
    log.close();
    await batches.close();
    await watch.close();
    await session.dispose();
  }
}

function programOf(request: TrainRequest, parts: number): Program {
  return trainingProgram({
    ...imagesOf(request, request.batch / parts),
    parts,
    optimiser: request.optimiser,
    ...(request.tuning === undefined ? {} : { tuning: request.tuning }),
    labelSmoothing: request.labelSmoothing,
    dropoutRate: request.dropoutRate,
    stochasticDepth: request.stochasticDepth,
    softTargets: hasSoftTargets(request),
    ...(request.loss === undefined ? {} : { loss: request.loss }),
    tally: true,
    ...(request.averageDecay === undefined ? {} : { averageDecay: request.averageDecay }),
  });
}

async function firstState(request: TrainRequest, program: Program): Promise<Map<string, Float32Array>> {
  if (request.startFrom === undefined) {
    return initialTrainingState(program, initialState(request.network, request.seed));
  }
  if (request.head) {
    const { startFrom, network, head, seed } = request;
    return initialTrainingState(program, await loadStart(startFrom, network, head.rows, seed));
  }
  const model = await loadModel(request.startFrom);
  requireSameNetwork(request.startFrom, model.network, request.network);
  return initialTrainingState(program, model.weights);
}

interface Step {
  readonly parts: number;
  readonly rate: number;
  readonly beginsTally: boolean;
  /** The divisors of AdamW's moments, which start at zero. */
  readonly corrections: ReadonlyMap<string, TensorData>;
}

/** Submits one step to the device, which may still be computing it when this returns. */
async function trainStep(
  session: ProgramSession,
  batch: Batch,
  { parts, rate, beginsTally, corrections }: Step,
): Promise<void> {
  for (let part = 0; part < parts; part++) {
    const { images, labels, softTargets, dropoutNoise, branchNoise } = partOf(batch, part, parts);
    const inputs = new Map<string, TensorData>([
      ...imageTensors(images),
      ['targets', softTargets ?? labels],
      ['learningRate', Float32Array.of(rate)],
      ['beginsTally', flag(beginsTally && part === 0)],
      ...corrections,
      ...(dropoutNoise ? ([['dropoutNoise', dropoutNoise]] as const) : []),
      ...(branchNoise ? ([['branchNoise', branchNoise]] as const) : []),
      ...(parts > 1 ? ([['lastPart', flag(part === parts - 1)]] as const) : []),
    ]);
    await session.run(inputs);
  }
}

function flag(value: boolean): Int32Array {
  return Int32Array.of(Number(value));
}

function partOf(batch: Batch, part: number, parts: number): Batch {
  const { images, labels, softTargets, dropoutNoise, branchNoise } = batch;
  const of = <Data extends TensorData>(data: Data): Data => {
    const length = data.length / parts;
    return data.subarray(part * length, (part + 1) * length) as Data;
  };
  return {
    images: eachOf(images, of),
    labels: of(labels),
    softTargets: softTargets && of(softTargets),
    dropoutNoise: dropoutNoise && of(dropoutNoise),
    branchNoise: branchNoise && of(branchNoise),
  };
}

async function saveTrained(request: TrainRequest, state: ReadonlyMap<string, Float32Array>): Promise<void> {
  await saveModel(join(request.runDirectory, 'model.safetensors'), {
    network: request.network,
    weights: weightsOf(state, { averaged: request.averageDecay !== undefined }),
    classNames: request.classNames,
    imageSizePx: request.imageSizePx,
    preprocessing: request.preprocessing,
    provenance: request.provenance,
  });
}

function stateShapes(program: Program): Map<string, readonly number[]> {
  return new Map(program.state.map(({ name, value }) => [name, value.shape]));
}

function noRoomMessage({ target, imageSizePx }: TrainRequest, said: string): string {
  return `The device (${deviceName(target.device)}) has no room to train this network on a single image of ${imageSizePx} pixels: choose a smaller model, a smaller width or smaller images. ${said}`;
}

function divergedMessage(imagesProcessed: number, rate: number): string {
  return `The loss stopped being a number after ${imagesProcessed} images at a learning rate of ${Number(rate.toPrecision(3))}: lower the peak learning rate of this stage and run it again.`;
}
