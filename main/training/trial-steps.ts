/** The steps of a trial: those of a training, a labelling or a feature extraction, on pixels that need no decoding. */
import type { Engine, TensorData } from '../engines/engine.ts';
import { type Augmentation, augment, augmentedView, centreCrop, viewLength } from '../images/augment.ts';
import type { Pass, SizedNetwork } from '../models/network-cost.ts';
import type { Extractor } from '../models/onnx/feature-extractor.ts';
import { inferenceProgram, initialTrainingState, readTally, trainingProgram } from '../models/programs.ts';
import { eachReferenceTensor } from '../models/reference-weights.ts';
import { CounterRandom } from '../random.ts';
import { openEyes } from './embed.ts';
import { decodedSizePx, measuredInput } from './image-reader.ts';
import { emptyImages, evaluatedImages, imageTensors, shownAsPixels } from './shown-images.ts';
import type { ComputeTarget } from './train-request.ts';

interface InBatches {
  /** The most images in one run. */
  readonly batch: number;
}

export interface TriedTraining extends SizedNetwork, InBatches {
  readonly kind: 'train';
  readonly augmentation: Augmentation;
}

export type TriedNetwork = TriedTraining | (SizedNetwork & InBatches & { readonly kind: 'predict' });

export interface TriedLook extends InBatches {
  readonly kind: 'look';
  readonly networkPath: string;
  readonly extractor: Extractor;
}

export type TriedWork = TriedNetwork | TriedLook;

export interface Steps {
  /** Images per step. */
  readonly images: number;
  /** The device may still be computing when this returns. */
  step(): Promise<void>;
  /** Waits for the device. */
  finished(): Promise<void>;
  dispose(): Promise<void>;
}

/**
 * Called while the weights of a network are drawn, with the number of bytes and the time so far: the last chance to
 * stop, by throwing, before the engine prepares the network, which cannot be interrupted.
 */
export type MayGoOn = (pass: Pass, drawnBytes: number, drawingMs: number) => void;

/** Throws `OutOfMemory`, and what `mayGoOn` throws. */
export async function openSteps(
  work: TriedWork,
  engine: Engine,
  target: ComputeTarget,
  mayGoOn: MayGoOn,
): Promise<Steps> {
  switch (work.kind) {
    case 'train':
      return await trainingSteps(work, engine, target, someWeights(work, mayGoOn));
    case 'predict':
      return await predictingSteps(work, engine, target, someWeights(work, mayGoOn));
    case 'look':
      return await lookingSteps(work, target);
    default:
      return work satisfies never;
  }
}

function someWeights({ kind, network }: TriedNetwork, mayGoOn: MayGoOn): Map<string, Float32Array> {
  const startMs = performance.now();
  const weights = new Map<string, Float32Array>();
  let bytes = 0;
  for (const [name, values] of eachReferenceTensor(network)) {
    weights.set(name, values);
    bytes += values.byteLength;
    mayGoOn(kind, bytes, performance.now() - startMs);
  }
  return weights;
}

async function trainingSteps(
  work: TriedTraining,
  engine: Engine,
  target: ComputeTarget,
  weights: Map<string, Float32Array>,
): Promise<Steps> {
  const { network, imageSizePx, batch, augmentation } = work;
  const cacheSizePx = decodedSizePx(imageSizePx);
  const asPixels = shownAsPixels({ mix: undefined }, engine.traits(target.device));
  const input = measuredInput({ network, imageSizePx }, batch, asPixels);
  const program = trainingProgram({
    ...{ ...input, labelSmoothing: 0, dropoutRate: 0, softTargets: false, tally: true },
    optimiser: { momentum: 0.9, weightDecay: 1e-4, nesterov: false },
  });
  const session = await engine.prepare(program, initialTrainingState(program, weights), target);
  const images = emptyImages(input);
  const inputs = new Map<string, TensorData>([
    ...imageTensors(images),
    ['targets', Int32Array.from({ length: batch }, (_, index) => index % network.classes)],
    ['learningRate', Float32Array.of(1e-3)],
    ['beginsTally', Int32Array.of(1)],
  ]);
  const pixels = somePixels(cacheSizePx);
  const random = new CounterRandom(1);
  const fill = () => {
    if (images.kind === 'numbers') {
      for (let at = 0; at < images.images.length; at += 3 * imageSizePx ** 2) {
        augment(pixels, cacheSizePx, images.images, at, imageSizePx, augmentation, random);
      }
      return;
    }
    for (let offset = 0; offset < images.pixels.length; offset += pixels.length) {
      const viewOffset = Math.floor((offset / images.pixels.length) * batch) * viewLength(imageSizePx);
      augmentedView(pixels, cacheSizePx, { ...images, offset, viewOffset }, imageSizePx, augmentation, random);
    }
  };
  fill();
  // With a separate device, other threads make the batches.
  const alone = !engine.traits(target.device).keepsStateOnDevice;
  return {
    images: batch,
    step: async () => {
      if (alone) fill();
      await session.run(inputs);
    },
    finished: async () => void (await readTally(session, program)),
    dispose: () => session.dispose(),
  };
}

async function predictingSteps(
  { network, imageSizePx, batch }: SizedNetwork & InBatches,
  engine: Engine,
  target: ComputeTarget,
  weights: Map<string, Float32Array>,
): Promise<Steps> {
  const cacheSizePx = decodedSizePx(imageSizePx);
  const asPixels = engine.traits(target.device).takesPixels;
  const input = measuredInput({ network, imageSizePx }, batch, asPixels);
  const session = await engine.prepare(inferenceProgram(input), weights, target);
  const images = evaluatedImages(input);
  const pixels = somePixels(cacheSizePx);
  const fill = async () => {
    if (images.kind === 'numbers') {
      for (let at = 0; at < images.images.length; at += 3 * imageSizePx ** 2) {
        centreCrop(pixels, cacheSizePx, images.images, at, imageSizePx);
      }
      return;
    }
    for (let at = 0; at < images.pixels.length; at += pixels.length) images.pixels.set(pixels, at);
  };
  await fill();
  return {
    images: batch,
    step: async () => void (await session.run(new Map(imageTensors(images)), fill)),
    finished: async () => {},
    dispose: () => session.dispose(),
  };
}

async function lookingSteps({ networkPath, extractor, batch }: TriedLook, target: ComputeTarget): Promise<Steps> {
  const network = await openEyes({ target, networkPath, extractor });
  const images = network.batch ?? batch;
  const pictures = new Float32Array(images * 3 * extractor.preprocessing.sizePx ** 2);
  const pixels = somePixels(network.decodedSizePx);
  return {
    images,
    step: async () => {
      for (let index = 0; index < images; index++) network.place(pixels, pictures, index);
      await network.features(pictures, images);
    },
    finished: async () => {},
    dispose: () => network.close(),
  };
}

function somePixels(sizePx: number): Uint8Array {
  return Uint8Array.from({ length: 3 * sizePx ** 2 }, (_, index) => (index * 37) % 256);
}
