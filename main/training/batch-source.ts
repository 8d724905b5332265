/**
 * Makes training batches from the pixel cache: reads, augments, normalises, mixes. What a batch holds depends on the seed
 * and the step alone. Only one batch is in memory.
 */
import { augment } from '../images/augment.ts';
import { mixBatch } from '../images/mix.ts';
import { openPixelCache, type PixelCache } from '../images/pixel-cache.ts';
import { CounterRandom } from '../random.ts';
import { SampleOrder } from './sample-order.ts';
import type { TrainRequest } from './train-request.ts';

/** Coordinates that keep the draws of different purposes apart. */
const AUGMENTATION = 2;
const MIXING = 3;
const DROPOUT = 4;

export class BatchSource {
  /** [batch, 3, size, size], normalised. */
  readonly images: Float32Array;
  /** The true class of each image. */
  readonly labels: Int32Array;
  /** [batch, classes], what the loss is measured against when images are mixed. */
  readonly softTargets: Float32Array | undefined;
  readonly #request: TrainRequest;
  readonly #cache: PixelCache;
  readonly #order: SampleOrder;
  readonly #pixels: Uint8Array;

  constructor(request: TrainRequest) {
    const { batch, imageSizePx, data, network, mix } = request;
    this.#request = request;
    this.#cache = openPixelCache(data.cacheDirectory, data.cacheSizePx);
    this.#order = new SampleOrder(data.imageIds.length, request.seed);
    this.#pixels = new Uint8Array(3 * data.cacheSizePx ** 2);
    this.images = new Float32Array(batch * 3 * imageSizePx ** 2);
    this.labels = new Int32Array(batch);
    this.softTargets = mix ? new Float32Array(batch * network.classes) : undefined;
  }

  /** Fills `images`, `labels` and `softTargets` with the batch of `step`. */
  fill(step: number): void {
    const { batch, imageSizePx, data, seed, augmentation } = this.#request;
    const imageLength = 3 * imageSizePx ** 2;
    for (let index = 0; index < batch; index++) {
      const { sample, epoch } = this.#order.at(step * batch + index);
      const imageId = data.imageIds[sample] ?? 0;
      this.labels[index] = data.classIds[sample] ?? 0;
      this.#cache.read(imageId, this.#pixels, 0);
      const random = new CounterRandom(seed, AUGMENTATION, epoch, sample);
      augment(this.#pixels, data.cacheSizePx, this.images, index * imageLength, imageSizePx, augmentation, random);
    }
    this.#mix(step);
  }

  /** Uniform noise in [0, 1) for dropout at `step`. */
  fillNoise(step: number, noise: Float32Array): void {
    const random = new CounterRandom(this.#request.seed, DROPOUT, step);
    for (let i = 0; i < noise.length; i++) noise[i] = random.uniform();
  }

  close(): void {
    this.#cache.close();
  }

  #mix(step: number): void {
    const { batch, imageSizePx, network, mix, seed } = this.#request;
    if (!mix || !this.softTargets) return;
    this.softTargets.fill(0);
    this.labels.forEach((label, index) => {
      if (this.softTargets) this.softTargets[index * network.classes + label] = 1;
    });
    const shape = { batch, channels: 3, sizePx: imageSizePx, classes: network.classes } as const;
    mixBatch(this.images, this.softTargets, shape, mix, new CounterRandom(seed, MIXING, step));
  }
}
