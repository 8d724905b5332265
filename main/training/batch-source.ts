/**
 * Makes training batches from the pixel cache: reads, augments, normalises, mixes. The contents of a batch depend on
 * the seed and the step alone, so it does not matter which thread makes it.
 */
import { at } from '../at.ts';
import { augment, augmentedView, viewLength } from '../images/augment.ts';
import { mixBatch } from '../images/mix.ts';
import { type Levels, levelsOf } from '../images/normalise.ts';
import { openPixelCache, type PixelCache } from '../images/pixel-cache.ts';
import { cachedShape } from '../images/squares.ts';
import { preprocessingOf } from '../models/model-preprocessing.ts';
import { branchCount, featureCount, shownShape } from '../models/network.ts';
import { CounterRandom } from '../random.ts';
import { type SampleShape, sampleLength } from '../sample-shape.ts';
import { framesShown } from './frames-shown.ts';
import { SampleOrder } from './sample-order.ts';
import { emptyImages, imagesOf, numbersOf, type ShownImages } from './shown-images.ts';
import { fillEach, fillTarget } from './soft-targets.ts';
import { hasSoftTargets, type TrainRequest, targetLength } from './train-request.ts';

/** Coordinates that keep random draws for different purposes independent. */
const AUGMENTATION = 2;
const MIXING = 3;
const DROPOUT = 4;
const FRAMES = 5;
const BRANCHES = 6;

export interface Batch {
  readonly images: ShownImages;
  /** The true class of each image. */
  readonly labels: Int32Array<ArrayBuffer>;
  /** [batch, classes], the targets of the loss if images are mixed or have soft targets. */
  readonly softTargets: Float32Array<ArrayBuffer> | undefined;
  /** [batch, features], uniform in [0, 1), with dropout. */
  readonly dropoutNoise: Float32Array<ArrayBuffer> | undefined;
  /** [batch, branches], uniform in [0, 1), with stochastic depth. */
  readonly branchNoise: Float32Array<ArrayBuffer> | undefined;
}

/** Supplies the batches of a training in order of steps. */
export interface BatchStream {
  /** The batch of `step`, which the caller may use until it takes the next one. Steps must be taken in order. */
  take(step: number): Promise<Batch>;
  close(): Promise<void>;
}

export function emptyBatch(request: TrainRequest): Batch {
  const { batch, network, dropoutRate, stochasticDepth } = request;
  return {
    images: emptyImages(imagesOf(request, batch)),
    labels: new Int32Array(batch),
    softTargets: hasSoftTargets(request) ? new Float32Array(batch * targetLength(request)) : undefined,
    dropoutNoise: dropoutRate > 0 ? new Float32Array(batch * featureCount(network)) : undefined,
    branchNoise: stochasticDepth ? new Float32Array(batch * branchCount(network)) : undefined,
  };
}

/** Batches made on the calling thread, on request. */
export function batchesHere(request: TrainRequest): BatchStream {
  const source = new BatchSource(request);
  const batch = emptyBatch(request);
  return {
    take: async (step) => {
      source.fill(step, batch);
      return batch;
    },
    close: async () => source.close(),
  };
}

export class BatchSource {
  readonly #request: TrainRequest;
  readonly #cache: PixelCache;
  readonly #order: SampleOrder;
  readonly #pixels: Uint8Array;
  readonly #levels: Levels;
  readonly #cached: SampleShape;
  readonly #shown: SampleShape;

  constructor(request: TrainRequest) {
    const { data, seed } = request;
    this.#request = request;
    this.#cache = openPixelCache(data.cacheDirectory, data.cacheSizePx);
    this.#order = new SampleOrder(data.imageIds.length, seed);
    this.#cached = cachedShape(data.cacheDirectory, data.cacheSizePx);
    this.#shown = shownShape(request.network, request.imageSizePx);
    this.#pixels = new Uint8Array(sampleLength(this.#cached));
    this.#levels = levelsOf(preprocessingOf(request));
  }

  /** Fills `into` with the batch of `step`. */
  fill(step: number, into: Batch): void {
    const { batch, data, seed } = this.#request;
    for (let index = 0; index < batch; index++) {
      const { sample, epoch } = this.#order.at(step * batch + index);
      const imageId = at(data.imageIds, sample);
      into.labels[index] = at(data.classIds, sample);
      this.#target(sample, index, into);
      this.#cache.read(imageId, this.#pixels, 0);
      this.#augment([epoch, sample], into.images, index);
    }
    this.#mix(step, into);
    fillUniformly(into.dropoutNoise, new CounterRandom(seed, DROPOUT, step));
    fillUniformly(into.branchNoise, new CounterRandom(seed, BRANCHES, step));
  }

  close(): void {
    this.#cache.close();
  }

  /** All frames of a clip get the same variation, since each draws the same random numbers. */
  #augment(draw: readonly [epoch: number, sample: number], shown: ShownImages, index: number): void {
    const { imageSizePx, data, seed, augmentation } = this.#request;
    const { cacheSizePx } = data;
    const { first, count } = framesShown(this.#cached, this.#shown, new CounterRandom(seed, FRAMES, ...draw));
    const [frameBytes, frameLength] = [3 * cacheSizePx ** 2, imageSizePx ** 2];
    for (let frame = 0; frame < count; frame++) {
      const pixels = this.#pixels.subarray((first + frame) * frameBytes, (first + frame + 1) * frameBytes);
      const random = new CounterRandom(seed, AUGMENTATION, ...draw);
      if (shown.kind === 'pixels') {
        const offset = (index * count + frame) * frameBytes;
        const place = { ...shown, offset, viewOffset: index * viewLength(imageSizePx) };
        augmentedView(pixels, cacheSizePx, place, imageSizePx, augmentation, random);
        continue;
      }
      const place = [shown.images, index * sampleLength(this.#shown) + frame * frameLength, imageSizePx] as const;
      augment(pixels, cacheSizePx, ...place, augmentation, random, this.#levels, count * frameLength);
    }
  }

  #target(sample: number, index: number, { labels, softTargets }: Batch): void {
    if (!softTargets) return;
    const { data, loss } = this.#request;
    const length = targetLength(this.#request);
    const row = softTargets.subarray(index * length, (index + 1) * length);
    if (data.targets && loss === 'sigmoid') fillEach(data.targets, sample, row);
    else if (data.targets) fillTarget(data.targets, sample, row);
    else row.fill(0).fill(1, at(labels, index), at(labels, index) + 1);
  }

  #mix(step: number, { images, softTargets }: Batch): void {
    const { batch, imageSizePx, mix, seed } = this.#request;
    if (!mix || !softTargets) return;
    // A clip is mixed like a picture with more channels: identically in every frame.
    const channels = sampleLength(this.#shown) / imageSizePx ** 2;
    const shape = { batch, channels, sizePx: imageSizePx, classes: targetLength(this.#request) };
    mixBatch(numbersOf(images), softTargets, shape, mix, new CounterRandom(seed, MIXING, step));
  }
}

function fillUniformly(noise: Float32Array | undefined, random: CounterRandom): void {
  if (!noise) return;
  for (let i = 0; i < noise.length; i++) noise[i] = random.uniform();
}
