/**
 * Runs a trained network over images, in evaluation mode: the teacher labelling the collection, the evaluation of any
 * model, the classification of a folder. Runs on a worker thread; holds one batch of images at a time.
 */

import { stat } from 'node:fs/promises';
import { deviceName } from '../engines/device.ts';
import { OutOfMemory } from '../engines/device-failures.ts';
import type { Engine } from '../engines/engine.ts';
import { Interrupted } from '../failure.ts';
import { loadModel, loadModelInPlace, type ModelInPlace } from '../models/checkpoint.ts';
import { type FeatureGaussian, readGaussian } from '../models/feature-gaussian.ts';
import { featureCount } from '../models/network.ts';
import { inferenceProgram } from '../models/programs.ts';
import { valueAt } from '../value-at.ts';
import { energiesOf } from './energies.ts';
import { distancesFrom } from './feature-distances.ts';
import { openShownReader, type ShownReader } from './image-reader.ts';
import type { KeptSession } from './kept-session.ts';
import { type PredictRequest, type PredictResult, type ScoredBatch, sourceLength } from './predict-request.ts';
import { imageTensors } from './shown-images.ts';

const LARGE_NETWORKS_BATCH = 4;

export interface PredictHost {
  shouldStop(): boolean;
  /** Receives the scores of consecutive images of the request. */
  scored(batch: ScoredBatch): void;
  /** Keeps a session for the next prediction; without it, each prediction has its own. */
  readonly kept?: KeptSession;
}

/**
 * If the device has no room for a batch, smaller ones are used; if it has none for a single image, it saves memory, if
 * it can. Throws `OutOfMemory` if that is not enough.
 */
export async function predict(request: PredictRequest, engine: Engine, host: PredictHost): Promise<PredictResult> {
  const model = await modelFor(request, engine);
  const total = sourceLength(request.source);
  const familiar = request.familiarPath === undefined ? undefined : await readGaussian(request.familiarPath);
  const asPixels = engine.traits(request.target.device).takesPixels && !request.int8;
  const reader = openShownReader(request.source, model, asPixels);
  const startedMs = performance.now();
  const first = request.first ?? 0;
  const scored = { first };
  try {
    let saveMemory = false;
    for (let batch = Math.min(mostAtOnce(request, model), Math.max(1, total)); ; ) {
      try {
        await predictFrom(scored, batch, { request, model, familiar, total, reader, engine, host, saveMemory });
        break;
      } catch (error) {
        if (!(error instanceof OutOfMemory)) throw error;
        if (batch > 1) batch = Math.floor(batch / 2);
        else if (engine.traits(request.target.device).savesMemory && !saveMemory) saveMemory = true;
        else throw new OutOfMemory(noRoomMessage(request, model, error.message), { cause: error });
      }
    }
    const seconds = (performance.now() - startedMs) / 1000;
    return { images: total, seconds, imagesPerSecond: (total - first) / seconds, classNames: model.classNames };
  } finally {
    reader.close();
  }
}

async function modelFor({ modelPath, target, int8 }: PredictRequest, engine: Engine): Promise<ModelInPlace> {
  const inPlace = engine.traits(target.device).takesStored && int8 === undefined;
  return inPlace ? await loadModelInPlace(modelPath) : { ...(await loadModel(modelPath)), stored: undefined };
}

/** Larger batches of a network that stays in its file cost much memory and gain little time. */
function mostAtOnce({ batch }: PredictRequest, { stored }: ModelInPlace): number {
  return stored ? Math.min(batch, LARGE_NETWORKS_BATCH) : batch;
}

interface Prediction {
  readonly request: PredictRequest;
  readonly model: ModelInPlace;
  readonly familiar: FeatureGaussian | undefined;
  readonly total: number;
  readonly reader: ShownReader;
  readonly engine: Engine;
  readonly host: PredictHost;
  readonly saveMemory: boolean;
}

/** Starts at the image `scored.first`, which advances as results are passed to the host. */
async function predictFrom(scored: { first: number }, batch: number, prediction: Prediction): Promise<void> {
  const { request, model, familiar, total, reader, engine, host, saveMemory } = prediction;
  const { network } = model;
  const images = reader.empty(batch);
  const key = await sessionKey(request, batch, saveMemory);
  const prepare = () =>
    engine.prepare(inferenceProgram({ ...reader.inputOf(batch), features: givesFeatures(request) }), model.weights, {
      ...request.target,
      int8: request.int8,
      stored: model.stored,
      saveMemory,
    });
  const session = (await host.kept?.take(key)) ?? (await prepare());
  let sound = false;
  const countAt = (first: number) => Math.min(batch, total - first);
  const fill = (first: number) => reader.fill(first, countAt(first), images);
  try {
    let unreadable = await fill(scored.first);
    while (scored.first < total) {
      const { first } = scored;
      const count = countAt(first);
      let nextUnreadable: typeof unreadable = [];
      // The device computes this batch while the host reads the next one.
      const outputs = await session.run(new Map(imageTensors(images)), async () => {
        if (first + count < total) nextUnreadable = await fill(first + count);
      });
      const probabilities = probabilitiesOf(outputs, model, count);
      const energies = request.energies
        ? { energies: energiesOf(valueAt(outputs, 'logits'), count, network.classes) }
        : {};
      const features = givesFeatures(request)
        ? { features: valueAt(outputs, 'features').slice(0, count * featureCount(network)) }
        : undefined;
      const distances = familiar && features && { distances: distancesFrom(familiar, features.features, count) };
      const told = { ...energies, ...(request.features && features), ...distances };
      host.scored({ first, count, classes: network.classes, probabilities, ...told, unreadable });
      unreadable = nextUnreadable;
      scored.first += count;
      if (host.shouldStop()) throw new Interrupted();
    }
    sound = true;
  } finally {
    if (sound && host.kept) await host.kept.keep(key, session);
    else await session.dispose();
  }
}

function givesFeatures({ features, familiarPath }: PredictRequest): boolean {
  return features === true || familiarPath !== undefined;
}

/** Changes with everything that a session depends on. */
async function sessionKey(request: PredictRequest, batch: number, saveMemory: boolean): Promise<string> {
  const { modelPath, target, int8 } = request;
  const { dev, ino, size, mtimeNs } = await stat(modelPath, { bigint: true });
  return JSON.stringify([
    modelPath,
    [dev, ino, size, mtimeNs].map(String),
    target,
    batch,
    int8,
    saveMemory,
    givesFeatures(request),
  ]);
}

function noRoomMessage({ target }: PredictRequest, { imageSizePx }: ModelInPlace, said: string): string {
  return `The device (${deviceName(target.device)}) has no room for this network and a single image of ${imageSizePx} pixels: choose another device, or a smaller model. ${said}`;
}

/** [count, classes], without the padding of the last batch. */
function probabilitiesOf(outputs: ReadonlyMap<string, Float32Array>, model: ModelInPlace, count: number): Float32Array {
  const probabilities = outputs.get('probabilities');
  if (!probabilities) throw new Error('the inference program gives no probabilities');
  return probabilities.slice(0, count * model.network.classes);
}
