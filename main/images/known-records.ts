/** The records of a shard from earlier decoding, for rewriting it: each is verified when it is used. */
import { type FileHandle, open } from 'node:fs/promises';
import { at } from '../at.ts';
import { type CacheImage, recordedVersion, versionOf } from './cache-image.ts';
import {
  checksumsOf,
  pixelsChecksum,
  recordBytes,
  recordsPath,
  type ShardList,
  type ShardPlace,
} from './pixel-shard.ts';
import { cachedShape } from './squares.ts';

export class KnownRecords {
  readonly #list: ShardList;
  readonly #checksums: Uint32Array;
  readonly #recordBytes: number;
  readonly #file: FileHandle;
  readonly #places: ReadonlyMap<number, number>;
  #damaged = 0;

  private constructor(list: ShardList, { directory }: ShardPlace, sizePx: number, file: FileHandle) {
    this.#list = list;
    this.#checksums = checksumsOf(list);
    this.#recordBytes = recordBytes(cachedShape(directory, sizePx));
    this.#file = file;
    this.#places = new Map(list.ids.map((id, place) => [id, place]));
  }

  /** Undefined if the records are gone. */
  static async open(place: ShardPlace, list: ShardList, sizePx: number): Promise<KnownRecords | undefined> {
    const file = await open(recordsPath(place)).catch(() => undefined);
    return file && new KnownRecords(list, place, sizePx, file);
  }

  /** How many of the records used were damaged. */
  get damaged(): number {
    return this.#damaged;
  }

  /** The image's pixels; undefined if there are none for this version of its file, or if they are damaged. */
  async pixelsOf(image: CacheImage): Promise<Uint8Array | undefined> {
    const place = this.#places.get(image.id);
    if (place === undefined || recordedVersion(this.#list, place) !== versionOf(image)) return undefined;
    const pixels = new Uint8Array(this.#recordBytes);
    const { bytesRead } = await this.#file.read(pixels, 0, pixels.length, place * pixels.length);
    if (bytesRead === pixels.length && pixelsChecksum(image.id, pixels) === at(this.#checksums, place)) return pixels;
    this.#damaged++;
    return undefined;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
