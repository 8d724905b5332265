/** Trains a linear classifier on what a feature store holds, and asks it: the two tasks of a teacher with eyes from elsewhere. */
import type { Engine } from '../engines/engine.ts';
import { Interrupted } from '../failure.ts';
import { GraphBuilder } from '../graph/graph-builder.ts';
import { linear } from '../graph/ops/linear.ts';
import { softmax } from '../graph/ops/softmax.ts';
import { readHead, saveHead } from '../models/feature-head.ts';
import { FeatureStore } from './feature-store.ts';
import { trainLinearHead } from './linear-head.ts';
import type { PredictHost } from './predict.ts';
import type { PredictResult } from './predict-request.ts';
import type { ComputeTarget } from './train-request.ts';

/** The features of some images. */
export interface StoredFeatures {
  readonly storeDirectory: string;
  readonly dimension: number;
  readonly imageIds: Int32Array;
}

export interface TrainHeadRequest {
  readonly target: ComputeTarget;
  readonly data: StoredFeatures & { readonly labels: Int32Array };
  readonly classNames: readonly string[];
  readonly extractor: string;
  readonly seed: number;
  readonly balanced: boolean;
  readonly modelPath: string;
}

export interface TrainHeadResult {
  readonly penalty: number;
  /** On labelled images that were left out in turn; NaN where that could not be asked. */
  readonly validatedTop1: number;
  readonly validatedLoss: number;
  readonly seconds: number;
}

export async function trainHead(
  request: TrainHeadRequest,
  engine: Engine,
  host: { shouldStop(): boolean },
): Promise<TrainHeadResult> {
  const startedMs = performance.now();
  const { data, classNames, extractor, target, seed, balanced } = request;
  const features = await new FeatureStore(data.storeDirectory, data.dimension).gather(data.imageIds);
  const { dimension, labels } = data;
  const head = await trainLinearHead({ features, dimension, labels, classes: classNames.length }, engine, target, {
    seed,
    balanced,
    shouldStop: () => {
      if (host.shouldStop()) throw new Interrupted();
    },
  });
  await saveHead(request.modelPath, { weight: head.weight, bias: head.bias, classNames, dimension, extractor });
  return {
    penalty: head.penalty,
    validatedTop1: head.validated?.top1 ?? Number.NaN,
    validatedLoss: head.validated?.loss ?? Number.NaN,
    seconds: (performance.now() - startedMs) / 1000,
  };
}

export interface AskHeadRequest {
  readonly target: ComputeTarget;
  readonly modelPath: string;
  readonly source: StoredFeatures;
}

/** Images at once: a shard of features is read for them and given up. */
const ASKED_AT_ONCE = 1024;

export async function askHead(request: AskHeadRequest, engine: Engine, host: PredictHost): Promise<PredictResult> {
  const { target, source, modelPath } = request;
  const { weight, bias, classNames, dimension } = await readHead(modelPath);
  const classes = classNames.length;
  const store = new FeatureStore(source.storeDirectory, source.dimension);
  const total = source.imageIds.length;
  const batch = Math.max(1, Math.min(ASKED_AT_ONCE, total));
  const startedMs = performance.now();
  const state = new Map([
    ['weight', weight],
    ['bias', bias],
  ]);
  const session = await engine.prepare(probabilitiesProgram(batch, dimension, classes), state, target);
  try {
    for (let first = 0; first < total; first += batch) {
      const ids = source.imageIds.subarray(first, first + batch);
      const features = new Float32Array(batch * dimension);
      features.set(await store.gather(ids));
      const probabilities = (await session.run(new Map([['features', features]]))).get('probabilities');
      if (!probabilities) throw new Error('the program gives no probabilities');
      const own = probabilities.slice(0, ids.length * classes);
      host.scored({ first, count: ids.length, classes, probabilities: own, unreadable: [] });
      if (host.shouldStop()) throw new Interrupted();
    }
  } finally {
    await session.dispose();
  }
  const seconds = (performance.now() - startedMs) / 1000;
  return { images: total, seconds, imagesPerSecond: total / seconds, classNames };
}

function probabilitiesProgram(batch: number, dimension: number, classes: number) {
  const graph = new GraphBuilder();
  const given = [graph.input('features', [batch, dimension])];
  const parameters = [graph.state('weight', [classes, dimension]), graph.state('bias', [classes])];
  const logits = graph.applyOne(linear, [...given, ...parameters], {});
  graph.output('probabilities', graph.applyOne(softmax, [logits], {}));
  return graph.build();
}
