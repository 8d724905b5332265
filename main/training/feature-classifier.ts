/**
 * Trains a classifier on the contents of a feature store, and predicts with it: the two tasks of a teacher built on an
 * external feature extractor.
 */
import type { Engine } from '../engines/engine.ts';
import { Interrupted } from '../failure.ts';
import { readHead, saveHead } from '../models/feature-head.ts';
import { familiarImages } from './familiar.ts';
import { byFeatureShard, FeatureStore, type ProvedShard } from './feature-store.ts';
import { openHead } from './head-answers.ts';
import { trainLinearHead } from './linear-head.ts';
import { leftOutTop1, NEIGHBOURS, normalisedRows, TEMPERATURE } from './nearest-neighbours.ts';
import type { PredictHost } from './predict.ts';
import type { PredictResult } from './predict-request.ts';
import type { ComputeTarget } from './train-request.ts';

/** The features of some images. */
export interface StoredFeatures {
  readonly storeDirectory: string;
  readonly dimension: number;
  readonly imageIds: Int32Array;
  /** Shards that are already in memory; the others are read. */
  readonly inMemory?: readonly ProvedShard[];
}

function storeOf({ storeDirectory, dimension, inMemory }: StoredFeatures): FeatureStore {
  return new FeatureStore(storeDirectory, dimension, inMemory);
}

export interface TrainHeadRequest {
  readonly target: ComputeTarget;
  readonly data: StoredFeatures & { readonly labels: Int32Array };
  readonly classNames: readonly string[];
  readonly extractor: string;
  readonly seed: number;
  readonly balanced: boolean;
  /** auto: nearest neighbours if a class has too few images for training. */
  readonly head: 'auto' | 'linear' | 'mlp' | 'nearest';
  readonly modelPath: string;
}

/** With fewer labels per class, cross-validation cannot choose a penalty. */
export const LEAST_FOR_LINEAR = 5;

/** Units of the hidden layer. */
const HIDDEN_UNITS = 128;

export interface TrainHeadResult {
  /** Of the trained classifier; absent for nearest neighbours. */
  readonly penalty?: number;
  readonly neighbours?: number;
  /** On labelled images that were left out in turn; absent if that was impossible. */
  readonly validatedTop1?: number;
  readonly validatedLoss?: number;
  readonly seconds: number;
}

export async function trainHead(
  request: TrainHeadRequest,
  engine: Engine,
  host: { shouldStop(): boolean },
): Promise<TrainHeadResult> {
  const startedMs = performance.now();
  const { data } = request;
  const features = await storeOf(data).gather(data.imageIds);
  const nearest = request.head === 'nearest' || (request.head === 'auto' && rarest(data.labels) < LEAST_FOR_LINEAR);
  const result = nearest
    ? await keepNearest(request, features, engine)
    : await trainLinear(request, features, engine, host);
  return { ...result, seconds: (performance.now() - startedMs) / 1000 };
}

/** The number of images of the rarest class. */
function rarest(labels: Int32Array): number {
  const counts = new Map<number, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Math.min(...counts.values());
}

async function trainLinear(
  { data, classNames, extractor, target, seed, balanced, modelPath, head }: TrainHeadRequest,
  features: Float32Array,
  engine: Engine,
  host: { shouldStop(): boolean },
) {
  const { dimension, labels } = data;
  // Must come before the features are standardised in place.
  const familiar = await familiarImages({ features, dimension, labels }, seed, engine, target);
  const hiddenUnits = head === 'mlp' ? HIDDEN_UNITS : undefined;
  const { hidden, weight, bias, penalty, validated } = await trainLinearHead(
    { features, dimension, labels, classes: classNames.length, hidden: hiddenUnits },
    engine,
    target,
    {
      ...{ seed, balanced },
      shouldStop: () => {
        if (host.shouldStop()) throw new Interrupted();
      },
    },
  );
  const described = { weight, bias, familiar, classNames, dimension, extractor };
  await saveHead(modelPath, hidden ? { kind: 'mlp', hidden, ...described } : { kind: 'linear', ...described });
  return { penalty, ...(validated && { validatedTop1: validated.top1, validatedLoss: validated.loss }) };
}

async function keepNearest(
  { data, classNames, extractor, target, seed, modelPath }: TrainHeadRequest,
  features: Float32Array,
  engine: Engine,
) {
  const { dimension, labels } = data;
  const familiar = await familiarImages({ features, dimension, labels }, seed, engine, target);
  const known = normalisedRows(features, dimension);
  const neighbours = Math.min(NEIGHBOURS, labels.length);
  const { leastCosine } = familiar ?? {};
  const described = { classNames, dimension, extractor, neighbours, temperature: TEMPERATURE, leastCosine };
  await saveHead(modelPath, { kind: 'nearest', known, labels: Float32Array.from(labels), ...described });
  const neighbourhood = { neighbours, temperature: TEMPERATURE, labels, classes: classNames.length };
  return { neighbours, validatedTop1: leftOutTop1(known, dimension, neighbourhood) };
}

export interface AskHeadRequest {
  readonly target: ComputeTarget;
  readonly modelPath: string;
  readonly source: StoredFeatures;
}

/** Images per prediction: those of one shard. */
const ASKED_AT_ONCE = 1024;

export async function askHead(request: AskHeadRequest, engine: Engine, host: PredictHost): Promise<PredictResult> {
  const { target, source, modelPath } = request;
  const head = await readHead(modelPath);
  const classes = head.classNames.length;
  const store = storeOf(source);
  const total = source.imageIds.length;
  const startedMs = performance.now();
  const answers = await openHead(head, Math.max(1, Math.min(ASKED_AT_ONCE, total)), engine, target);
  try {
    let first = 0;
    // Shard by shard, so that each is read and verified once.
    for (const [, ids] of byFeatureShard(source.imageIds)) {
      const features = await store.gather(ids);
      for (let own = 0; own < ids.length; own += answers.batch) {
        const count = Math.min(answers.batch, ids.length - own);
        const { dimension } = source;
        const probabilities = await answers.of(features.subarray(own * dimension, (own + count) * dimension), count);
        host.scored({ first, count, classes, probabilities, unreadable: [] });
        first += count;
        if (host.shouldStop()) throw new Interrupted();
      }
    }
  } finally {
    await answers.close();
  }
  const seconds = (performance.now() - startedMs) / 1000;
  return { images: total, seconds, imagesPerSecond: total / seconds, classNames: head.classNames };
}
