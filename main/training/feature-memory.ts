/**
 * Verified shards of features, kept in memory that threads share: a loop of labelling and learning requests the same
 * features each time. A shard on disk is still the cached one if its two files, which are only ever replaced as a
 * whole, are unchanged. When full, the least recently used shards are dropped; when idle, all are.
 */
import { at } from '../at.ts';
import { byFeatureShard, FeatureStore, type ProvedShard } from './feature-store.ts';

export interface FeatureMemoryOptions {
  /** Space for vectors. */
  readonly mostBytes: number;
  /** How long everything is kept after the last use. */
  readonly keptMs: number;
}

interface Kept {
  readonly stamp: string;
  readonly shard: ProvedShard & { readonly versions: readonly string[] };
}

export class FeatureMemory {
  readonly #options: FeatureMemoryOptions;
  /** Keyed by folder and shard, most recently used last. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;
  #rest: NodeJS.Timeout | undefined;

  constructor(options: FeatureMemoryOptions) {
    this.#options = options;
  }

  /** Size of the vectors it holds. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The shards of these sorted images as far as they fit: cached ones that are still current and, unless only `known`
   * ones are wanted, others that are now read and verified. Damaged or missing shards are left out.
   */
  async shardsOf(
    directory: string,
    dimension: number,
    imageIds: Int32Array,
    which: 'all' | 'known' = 'all',
  ): Promise<Kept['shard'][]> {
    this.#restLater();
    const store = new FeatureStore(directory, dimension);
    const asked = [...byFeatureShard(imageIds).keys()];
    const room = Math.floor(this.#options.mostBytes / (2 * dimension * FeatureStore.SHARD_IMAGES));
    const found: Kept['shard'][] = [];
    // More would only evict each other.
    for (const number of asked.slice(0, room)) {
      const shard = await this.#shard(store, `${dimension} ${number} ${directory}`, number, which);
      if (shard) found.push(shard);
    }
    return found;
  }

  clear(): void {
    clearTimeout(this.#rest);
    this.#kept.clear();
    this.#bytes = 0;
  }

  async #shard(store: FeatureStore, key: string, number: number, which: 'all' | 'known') {
    const stamp = await store.stamp(number);
    const known = this.#kept.get(key);
    if (known) this.#forget(key, known);
    if (stamp === undefined) return undefined;
    if (known?.stamp === stamp) return this.#keep(key, known);
    const shard = which === 'all' ? await store.proved(number) : undefined;
    // A shard replaced while it was read is read again next time.
    return shard && this.#keep(key, { stamp, shard });
  }

  #keep(key: string, kept: Kept): Kept['shard'] {
    this.#kept.set(key, kept);
    this.#bytes += kept.shard.halves.byteLength;
    while (this.#bytes > this.#options.mostBytes) {
      const [oldest, other] = at([...this.#kept.entries()], 0);
      this.#forget(oldest, other);
    }
    return kept.shard;
  }

  #forget(key: string, { shard }: Kept): void {
    this.#kept.delete(key);
    this.#bytes -= shard.halves.byteLength;
  }

  #restLater(): void {
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.clear(), this.#options.keptMs).unref();
  }
}
