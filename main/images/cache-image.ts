/** An image as the pixel cache knows it: by its id, and by the version of its file that was decoded. */
import { at } from '../at.ts';
import type { ImageLocator } from './image-locator.ts';
import type { ShardList } from './pixel-shard.ts';

/** A file as it was when scanned; if its size, time or revision changes, it has to be decoded again. */
export interface CacheImage {
  readonly id: number;
  readonly locator: ImageLocator;
  readonly bytes: number;
  readonly modifiedMs: number;
  /** The revision of the decoder for its format. */
  readonly revision: number;
}

type FileOf = Pick<CacheImage, 'bytes' | 'modifiedMs'>;

export const fileVersion = ({ bytes, modifiedMs }: FileOf): string => `${bytes} ${modifiedMs}`;
export const versionOf = (image: CacheImage): string => `${fileVersion(image)} ${image.revision}`;

/** The version of the record at this place. */
export function recordedVersion(list: ShardList, place: number): string {
  const file = { bytes: at(list.bytes, place), modifiedMs: at(list.modifiedMs, place) };
  return `${fileVersion(file)} ${list.revisions ? at(list.revisions, place) : 1}`;
}
