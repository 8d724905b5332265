/**
 * Shards of features that were read and proved once, kept in memory that threads share: a loop of labelling and learning asks
 * for the same features each time. Whether a shard on the disk is still the one that was read is seen by its two files, which
 * are replaced as a whole. Beyond its room, what was asked for longest ago goes; at rest, everything does.
 */
import { at } from '../at.ts';
import { byFeatureShard, FeatureStore, type ProvedShard } from './feature-store.ts';

export interface FeatureMemoryOptions {
  /** Room for vectors. */
  readonly mostBytes: number;
  /** How long everything stays after it was last asked for. */
  readonly keptMs: number;
}

interface Kept {
  readonly stamp: string;
  readonly shard: ProvedShard & { readonly versions: readonly string[] };
}

export class FeatureMemory {
  readonly #options: FeatureMemoryOptions;
  /** By folder and shard, those that were asked for last at the end. */
  readonly #kept = new Map<string, Kept>();
  #bytes = 0;
  #rest: NodeJS.Timeout | undefined;

  constructor(options: FeatureMemoryOptions) {
    this.#options = options;
  }

  /** Of vectors that it holds. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The shards of these sorted images as far as there is room for them: those in memory that are still what lies on the disk,
   * and, unless only those are `known`, the others read and proved now. One that is damaged or not there is left out.
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
    // More would only push each other out.
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
    // What was replaced while it was read is read again the next time.
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
