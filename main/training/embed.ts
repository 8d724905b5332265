/**
 * Computes the features of images with a network from elsewhere: fills a feature store shard by shard, on a compute
 * thread. Existing intact shards are not computed again, so that an interrupted pass continues.
 */
import { at } from '../at.ts';
import type { Device, Provider } from '../engines/device.ts';
import { traitsOf } from '../engines/engines.ts';
import { Interrupted } from '../failure.ts';
import { openPixelCache, type PixelCache } from '../images/pixel-cache.ts';
import { type Extractor, FeatureExtractor } from '../models/onnx/feature-extractor.ts';
import { byFeatureShard, type FeatureShard, FeatureStore } from './feature-store.ts';
import type { ComputeTarget } from './train-request.ts';

const WEBGPU: Device = { engine: 'onnxruntime', provider: 'webgpu', index: 0 };

export interface EmbedRequest {
  readonly target: ComputeTarget;
  readonly networkPath: string;
  readonly extractor: Extractor;
  readonly cacheDirectory: string;
  readonly cacheSizePx: number;
  /** Sorted. */
  readonly imageIds: Int32Array;
  /** For each image, the key of its file version. */
  readonly versions: readonly string[];
  readonly storeDirectory: string;
  /** The batch size, if the network leaves the choice. */
  readonly batch: number;
  /** How much work a kill can cost. */
  readonly keepMs: number;
}

export interface EmbedProgress {
  readonly done: number;
  readonly total: number;
}

export interface EmbedResult {
  /** Images processed in this call. */
  readonly images: number;
  readonly seconds: number;
  /** Shards of the store that were damaged. */
  readonly damaged: number;
}

export interface EmbedHost {
  shouldStop(): boolean;
  progressed(progress: EmbedProgress): void;
}

export async function embed(request: EmbedRequest, host: EmbedHost): Promise<EmbedResult> {
  const store = new FeatureStore(request.storeDirectory, request.extractor.dimension);
  const { stale, damaged } = await staleShards(request, store);
  const total = stale.reduce((sum, { ids }) => sum + ids.length, 0);
  if (total === 0) return { images: 0, seconds: 0, damaged };
  const startedMs = performance.now();
  const network = await openEyes(request);
  const cache = openPixelCache(request.cacheDirectory, request.cacheSizePx);
  try {
    const looking = new Looking(network, cache, request);
    let done = 0;
    let keptMs = performance.now();
    for (const { shard, kept, ids, versions } of stale) {
      const { dimension } = request.extractor;
      const features = new Float32Array(ids.length * dimension);
      const keep = async (count: number) => {
        const now = { ids: [...ids.subarray(0, count)], versions: versions.slice(0, count), features };
        await store.write(shard, merged(kept, now, dimension));
        keptMs = performance.now();
      };
      for (let first = 0; first < ids.length; first += looking.batch) {
        const some = ids.subarray(first, first + looking.batch);
        features.set(await looking.at(some), first * dimension);
        done += some.length;
        host.progressed({ done, total });
        const stops = host.shouldStop();
        if (stops || performance.now() - keptMs > request.keepMs) await keep(first + some.length);
        if (stops) throw new Interrupted();
      }
      await keep(ids.length);
    }
  } finally {
    cache.close();
    await network.close();
  }
  return { images: total, seconds: (performance.now() - startedMs) / 1000, damaged };
}

/** Opens a brought network on the device if ONNX Runtime has it, or else on the provider used in its place. */
export async function openEyes({
  networkPath,
  extractor,
  target: { device, threads },
}: Pick<EmbedRequest, 'networkPath' | 'extractor' | 'target'>): Promise<FeatureExtractor> {
  const open = (provider: Provider<'onnxruntime'>) =>
    FeatureExtractor.open(networkPath, extractor, { provider, threads });
  const provider = lookingProvider(device);
  // A card's driver may support only computing, not graphics.
  const found =
    device.engine === 'cuda' && provider !== 'cpu' ? await open(provider).catch(() => undefined) : undefined;
  return found ?? (await open(device.engine === 'cuda' ? 'cpu' : provider));
}

/** The other engines cannot run ONNX files: an NVIDIA card uses WebGPU, and TensorFlow is replaced by the processor. */
export function lookingProvider(device: Device): Provider<'onnxruntime'> {
  if (device.engine === 'onnxruntime') return device.provider;
  return device.engine === 'cuda' && !traitsOf(WEBGPU).software ? 'webgpu' : 'cpu';
}

interface StaleShard {
  readonly shard: number;
  /** Existing features of other images in the shard. */
  readonly kept: FeatureShard | undefined;
  /** Images without features, or with a changed file. */
  readonly ids: Int32Array;
  readonly versions: string[];
}

async function staleShards(
  { imageIds, versions }: EmbedRequest,
  store: FeatureStore,
): Promise<{ stale: StaleShard[]; damaged: number }> {
  const stale: StaleShard[] = [];
  let damaged = 0;
  let first = 0;
  for (const [shard, ids] of byFeatureShard(imageIds)) {
    const own = versions.slice(first, first + ids.length);
    first += ids.length;
    const kept = await store.read(shard);
    if (!kept && store.has(shard)) damaged++;
    const seen = new Map(kept?.ids.map((id, row) => [id, at(kept.versions, row)]));
    const places = [...ids.keys()].filter((place) => seen.get(at(ids, place)) !== own[place]);
    if (places.length === 0) continue;
    stale.push({
      ...{ shard, kept },
      ids: Int32Array.from(places, (place) => at(ids, place)),
      versions: places.map((place) => at(own, place)),
    });
  }
  return { stale, damaged };
}

/** In order of id; new features replace existing ones. */
function merged(kept: FeatureShard | undefined, now: FeatureShard, dimension: number): FeatureShard {
  const rows = new Map<number, { readonly from: FeatureShard; readonly row: number }>();
  for (const from of [...(kept ? [kept] : []), now])
    for (const [row, id] of from.ids.entries()) rows.set(id, { from, row });
  const ids = [...rows.keys()].sort((a, b) => a - b);
  const features = new Float32Array(ids.length * dimension);
  const versions = ids.map((id, place) => {
    const { from, row } = rows.get(id) ?? { from: now, row: 0 };
    features.set(from.features.subarray(row * dimension, (row + 1) * dimension), place * dimension);
    return at(from.versions, row);
  });
  return { ids, versions, features };
}

/** Feeds a network from a pixel cache. */
class Looking {
  readonly batch: number;
  readonly #network: FeatureExtractor;
  readonly #cache: PixelCache;
  readonly #pixels: Uint8Array;
  readonly #pictures: Float32Array;
  readonly #fixed: boolean;

  constructor(network: FeatureExtractor, cache: PixelCache, { cacheSizePx, extractor, batch }: EmbedRequest) {
    this.#network = network;
    this.#cache = cache;
    this.#fixed = network.batch !== undefined;
    this.batch = network.batch ?? batch;
    this.#pixels = new Uint8Array(3 * cacheSizePx ** 2);
    this.#pictures = new Float32Array(this.batch * 3 * extractor.preprocessing.sizePx ** 2);
  }

  /** [ids, dimension]; for a network with a fixed batch size, the rest of the batch is filled up. */
  async at(ids: Int32Array): Promise<Float32Array> {
    for (const [index, id] of ids.entries()) {
      this.#cache.read(id, this.#pixels, 0);
      this.#network.place(this.#pixels, this.#pictures, index);
    }
    const count = this.#fixed ? this.batch : ids.length;
    const length = this.#pictures.length / this.batch;
    const features = await this.#network.features(this.#pictures.subarray(0, count * length), count);
    return features.subarray(0, ids.length * this.#network.extractor.dimension);
  }
}
