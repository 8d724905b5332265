/**
 * The training loop of every network of the method: teacher, supervised student, pre-training, fine-tuning. Runs on a
 * worker thread. Length is counted in images processed, as in the paper (section 3). It can be killed at any moment and
 * goes on from its last checkpoint; on the CPU the result is the same bit for bit.
 */
import { join } from 'node:path';
import type { Engine, ProgramSession, TensorData } from '../engines/engine.ts';
import { ExpectedFailure, Interrupted } from '../failure.ts';
import type { Program } from '../graph/program.ts';
import { loadModel, requireSameNetwork, saveModel } from '../models/checkpoint.ts';
import { initialState } from '../models/initialise.ts';
import { initialTrainingState, trainingProgram, weightsOf } from '../models/programs.ts';
import { BatchSource } from './batch-source.ts';
import { learningRateAt } from './learning-rate.ts';
import type { TrainingPoint, TrainRequest, TrainResult } from './train-request.ts';
import { readCheckpoint, TrainingLog } from './training-checkpoint.ts';

/** A curve has about this many points, and none spans more than `MOST_STEPS_PER_POINT` steps. */
const POINTS_PER_CURVE = 200;
const MOST_STEPS_PER_POINT = 50;

export class TrainingDiverged extends ExpectedFailure {}

export interface TrainHost {
  shouldStop(): boolean;
  /** The training is to end here, with the model as it is. */
  shouldFinish(): boolean;
  progressed(progress: TrainProgress): void;
}

export interface TrainProgress {
  readonly imagesProcessed: number;
  readonly totalImages: number;
  readonly imagesPerSecond: number;
  /** As it was appended to the curve. */
  readonly point: TrainingPoint;
}

export async function train(request: TrainRequest, engine: Engine, host: TrainHost): Promise<TrainResult> {
  const { batch, runDirectory } = request;
  const program = programOf(request);
  const totalSteps = Math.max(1, Math.floor(request.images / batch));
  const stepsPerPoint = Math.min(MOST_STEPS_PER_POINT, Math.max(1, Math.round(totalSteps / POINTS_PER_CURVE)));
  const resume = await readCheckpoint(runDirectory);
  const session = await engine.prepare(program, resume?.state ?? (await firstState(request, program)), request.target);
  const source = new BatchSource(request);
  const log = new TrainingLog(runDirectory, resume);
  try {
    const firstStep = resume?.step ?? 0;
    const startedMs = performance.now();
    let checkpointedMs = startedMs;
    let finalLoss = Number.NaN;
    let sums = { loss: 0, correct: 0, steps: 0 };
    let stepsDone = totalSteps;
    for (let step = firstStep; step < totalSteps; step++) {
      const rate = learningRateAt(request.schedule, step, totalSteps);
      const { loss, correct } = await trainStep(request, program, session, source, step, rate);
      if (!Number.isFinite(loss)) throw new TrainingDiverged(divergedMessage(step * batch, rate));
      sums = { loss: sums.loss + loss, correct: sums.correct + correct, steps: sums.steps + 1 };

      const done = step + 1;
      if (done % stepsPerPoint !== 0 && done !== totalSteps) continue;
      finalLoss = sums.loss / sums.steps;
      const point: TrainingPoint = {
        imagesProcessed: done * batch,
        loss: finalLoss,
        ...(request.mix ? {} : { top1: sums.correct / (sums.steps * batch) }),
        learningRate: rate,
      };
      log.append(point);
      sums = { loss: 0, correct: 0, steps: 0 };
      const imagesPerSecond = ((done - firstStep) * batch * 1000) / (performance.now() - startedMs);
      host.progressed({
        imagesProcessed: done * batch,
        totalImages: totalSteps * batch,
        imagesPerSecond,
        point,
      });
      const stopping = host.shouldStop();
      if (stopping || performance.now() - checkpointedMs > request.checkpointEveryMs) {
        await log.checkpoint(done, await session.readState(), stateShapes(program));
        checkpointedMs = performance.now();
      }
      if (stopping && done < totalSteps) throw new Interrupted();
      if (host.shouldFinish()) {
        stepsDone = done;
        break;
      }
    }
    await saveTrained(request, await session.readState());
    log.finish();
    const seconds = (performance.now() - startedMs) / 1000;
    const imagesProcessed = stepsDone * batch;
    const imagesPerSecond = (imagesProcessed - firstStep * batch) / seconds;
    return { imagesProcessed, finalLoss, seconds, imagesPerSecond };
  } finally {
    log.close();
    source.close();
    await session.dispose();
  }
}

function programOf(request: TrainRequest): Program {
  return trainingProgram({
    network: request.network,
    batch: request.batch,
    imageSizePx: request.imageSizePx,
    optimiser: request.optimiser,
    labelSmoothing: request.labelSmoothing,
    dropoutRate: request.dropoutRate,
    softTargets: request.mix !== undefined,
    ...(request.averageDecay === undefined ? {} : { averageDecay: request.averageDecay }),
  });
}

async function firstState(request: TrainRequest, program: Program): Promise<Map<string, Float32Array>> {
  if (request.startFrom === undefined) {
    return initialTrainingState(program, initialState(request.network, request.seed));
  }
  const model = await loadModel(request.startFrom);
  requireSameNetwork(request.startFrom, model.network, request.network);
  return initialTrainingState(program, model.weights);
}

async function trainStep(
  request: TrainRequest,
  program: Program,
  session: ProgramSession,
  source: BatchSource,
  step: number,
  rate: number,
): Promise<{ loss: number; correct: number }> {
  source.fill(step);
  const inputs = new Map<string, TensorData>([
    ['images', source.images],
    ['targets', source.softTargets ?? source.labels],
    ['learningRate', Float32Array.of(rate)],
  ]);
  const noise = program.inputs.get('dropoutNoise');
  if (noise) {
    const data = new Float32Array(noise.shape.reduce((product, size) => product * size, 1));
    source.fillNoise(step, data);
    inputs.set('dropoutNoise', data);
  }
  const outputs = await session.run(inputs);
  const loss = outputs.get('loss')?.[0] ?? Number.NaN;
  return { loss, correct: countCorrect(outputs.get('logits'), source.labels, request.network.classes) };
}

function countCorrect(logits: Float32Array | undefined, labels: Int32Array, classes: number): number {
  if (!logits) return 0;
  let correct = 0;
  labels.forEach((label, index) => {
    let best = 0;
    for (let c = 1; c < classes; c++) {
      if ((logits[index * classes + c] ?? 0) > (logits[index * classes + best] ?? 0)) best = c;
    }
    if (best === label) correct++;
  });
  return correct;
}

async function saveTrained(request: TrainRequest, state: ReadonlyMap<string, Float32Array>): Promise<void> {
  await saveModel(join(request.runDirectory, 'model.safetensors'), {
    network: request.network,
    weights: weightsOf(state, { averaged: request.averageDecay !== undefined }),
    classNames: request.classNames,
    imageSizePx: request.imageSizePx,
    provenance: request.provenance,
  });
}

function stateShapes(program: Program): Map<string, readonly number[]> {
  return new Map(program.state.map(({ name, value }) => [name, value.shape]));
}

function divergedMessage(imagesProcessed: number, rate: number): string {
  return `The loss stopped being a number after ${imagesProcessed} images at a learning rate of ${rate}: lower the peak learning rate of this stage and run it again.`;
}
