/** Places in an S3-compatible object storage, as people and the catalogue write them: s3://bucket/prefix. Nothing is asked here. */
import { join, resolve } from 'node:path';
import { WrongUsage } from './failure.ts';
import { localPath } from './local-path.ts';

const ADDRESS = /^s3:\/\/([^/]+)(?:\/(.*))?$/i;

export interface ObjectAddress {
  readonly bucket: string;
  /** Of an object its key; of a place what the keys in it begin with, before a `/`; empty for the whole bucket. */
  readonly key: string;
}

export function isObjectAddress(path: string): boolean {
  return /^s3:\/\//i.test(path);
}

/** Throws `WrongUsage` for what begins as one and names no bucket. */
export function objectAddress(path: string): ObjectAddress {
  const [, bucket, key = ''] = ADDRESS.exec(path) ?? [];
  if (bucket === undefined) throw new WrongUsage(`${path} names no bucket: write s3://bucket/prefix.`);
  return { bucket, key: key.replace(/\/+$/, '') };
}

/** What a person gives as a place of images, as it is kept: an absolute path, or an address without a slash at its end. */
export function placePath(given: string): string {
  if (!isObjectAddress(given)) return resolve(localPath(given));
  const { bucket, key } = objectAddress(given);
  return key === '' ? `s3://${bucket}` : `s3://${bucket}/${key}`;
}

/** What lies in a place; parts are separated by `/`. */
export function pathIn(place: string, relativePath: string): string {
  if (!isObjectAddress(place)) return join(place, relativePath);
  return relativePath === '' ? place : `${place}/${relativePath}`;
}
