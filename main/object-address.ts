/**
 * Places in an S3-compatible object storage, as the user and the catalogue write them: s3://bucket/prefix. Sends no
 * requests.
 */
import { join, resolve } from 'node:path';
import { WrongUsage } from './failure.ts';
import { localPath } from './local-path.ts';

const ADDRESS = /^s3:\/\/([^/]+)(?:\/(.*))?$/i;

export interface ObjectAddress {
  readonly bucket: string;
  /**
   * For an object, its key; for a place, the prefix of the keys in it, without the trailing `/`; empty for the whole
   * bucket.
   */
  readonly key: string;
}

export function isObjectAddress(path: string): boolean {
  return /^s3:\/\//i.test(path);
}

/** Throws `WrongUsage` if the text starts like an address but names no bucket. */
export function objectAddress(path: string): ObjectAddress {
  const [, bucket, key = ''] = ADDRESS.exec(path) ?? [];
  if (bucket === undefined) throw new WrongUsage(`${path} names no bucket: write s3://bucket/prefix.`);
  return { bucket, key: key.replace(/\/+$/, '') };
}

/**
 * The canonical form of a place of images given by the user: an absolute path, or an address without a trailing slash.
 */
export function placePath(given: string): string {
  if (!isObjectAddress(given)) return resolve(localPath(given));
  const { bucket, key } = objectAddress(given);
  return key === '' ? `s3://${bucket}` : `s3://${bucket}/${key}`;
}

/** The path or address of something inside a place; parts are separated by `/`. */
export function pathIn(place: string, relativePath: string): string {
  if (!isObjectAddress(place)) return join(place, relativePath);
  return relativePath === '' ? place : `${place}/${relativePath}`;
}
