/**
 * Objects of an S3-compatible storage: listed by pages, read by ranges, never copied to a disk. Where the storage is, its region
 * and who asks are said by the environment variables (and files) of every S3 tool: AWS_ENDPOINT_URL_S3, AWS_REGION,
 * AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE; where a person said it of a bucket (bucket-places.ts), that holds.
 * The client is loaded for no other place.
 *
 * An object's version is its length and its ETag, as a number; a storage gives an object that is written again another one.
 */
import { createHash } from 'node:crypto';
import type { S3Client } from '@aws-sdk/client-s3';
import { writeQuickly } from '../atomic-file.ts';
import { placeOfBucket } from '../bucket-places.ts';
import { messageOf } from '../failure.ts';
import { objectAddress } from '../object-address.ts';
import type { FileFacts } from './file-facts.ts';
import type { OpenFile } from './file-store.ts';
import { ImageUnreachable } from './image-failures.ts';
import type { FileVersion } from './image-locator.ts';

/** What a header mostly needs comes with the first answer. */
const START_BYTES = 65_536;
const PART_BYTES = 8 * 2 ** 20;
const CONNECT_MS = 5000;
const ANSWER_MS = 60_000;

type Packages = typeof import('./object-storage-packages.ts');

interface Storage {
  readonly packages: Packages;
  readonly client: S3Client;
}

/** By bucket. */
const opened = new Map<string, Promise<Storage>>();

async function storageOf(bucket: string): Promise<Storage> {
  const known = opened.get(bucket) ?? openStorage(bucket);
  opened.set(bucket, known);
  return await known;
}

async function openStorage(bucket: string): Promise<Storage> {
  // What the client says of versions of Node.js is for those who program with it.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const packages = await import('./object-storage-packages.ts');
  const said = await placeOfBucket(bucket);
  const elsewhere = said?.endpoint ?? process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;
  const region = said?.region ?? process.env.AWS_REGION;
  const client = new packages.S3Client({
    // Storages elsewhere have regions of their own, or none.
    ...(elsewhere !== undefined && { endpoint: elsewhere, forcePathStyle: true, region: region ?? 'us-east-1' }),
    ...(elsewhere === undefined && region !== undefined && { region }),
    maxAttempts: 2,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS },
    // Only what the storage says of an object by itself: others know no checksums of it.
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return { packages, client };
}

/** A person has said where it is. */
export function forgetStorage(bucket: string): void {
  opened.delete(bucket);
}

/** One level of a place. */
export interface ListedObjects {
  /** Their names, without what they lie in. */
  readonly folders: readonly string[];
  readonly objects: readonly { readonly name: string; readonly facts: FileFacts }[];
}

/** What lies directly in the place. Throws `ImageUnreachable`. */
export async function listObjects(place: string): Promise<ListedObjects> {
  const { bucket, key } = objectAddress(place);
  const prefix = key === '' ? '' : `${key}/`;
  const folders: string[] = [];
  const objects: { name: string; facts: FileFacts }[] = [];
  let token: string | undefined;
  do {
    const page = await asked(bucket, ({ packages, client }) =>
      client.send(
        new packages.ListObjectsV2Command({
          ...{ Bucket: bucket, Prefix: prefix, Delimiter: '/' },
          ...(token === undefined ? {} : { ContinuationToken: token }),
        }),
      ),
    );
    for (const { Prefix: found = '' } of page.CommonPrefixes ?? []) folders.push(found.slice(prefix.length, -1));
    for (const { Key: found = '', Size = 0, ETag = '' } of page.Contents ?? []) {
      // An object called like the folder is how some programs write an empty one.
      const name = found.slice(prefix.length);
      if (name !== '') objects.push({ name, facts: { ...versionOf(Size, ETag), fileId: idOf(bucket, found) } });
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
  return { folders, objects };
}

/** What is known of an object, without its bytes. Throws `ImageUnreachable`. */
export async function objectFacts(path: string): Promise<FileFacts> {
  const { bucket, key } = objectAddress(path);
  const { ContentLength = 0, ETag = '' } = await asked(bucket, ({ packages, client }) =>
    client.send(new packages.HeadObjectCommand({ Bucket: bucket, Key: key })),
  );
  return { ...versionOf(ContentLength, ETag), fileId: idOf(bucket, key) };
}

/** @param version what it is known to be; its first bytes are asked for where nobody knows. Throws `ImageUnreachable`. */
export async function openObject(path: string, version?: FileVersion): Promise<OpenFile> {
  const { bucket, key } = objectAddress(path);
  const first = version ? { version, bytes: Buffer.alloc(0) } : await startOf(path);
  return {
    version: first.version,
    fileId: idOf(bucket, key),
    read: async (offset, length) => {
      const end = Math.min(offset + length, first.version.bytes);
      if (end <= offset) return Buffer.alloc(0);
      if (end <= first.bytes.length) return first.bytes.subarray(offset, end);
      const part = await rangeOf(path, offset, end - offset);
      if (!isSame(part.version, first.version)) throw replaced();
      return part.bytes;
    },
    // Every answer says which version it is of.
    requireUnchanged: async () => {},
    close: async () => {},
  };
}

/** The whole object as a file of this machine, part by part. Throws `ImageUnreachable`. */
export async function copyObject(path: string, file: string): Promise<void> {
  const object = await openObject(path);
  await writeQuickly(file, async (open) => {
    for (let offset = 0; offset < object.version.bytes; offset += PART_BYTES) {
      await open.writeFile(await object.read(offset, PART_BYTES));
    }
  });
}

interface Part {
  readonly version: FileVersion;
  readonly bytes: Buffer;
}

async function startOf(path: string): Promise<Part> {
  const facts = await objectFacts(path);
  if (facts.bytes === 0) return { version: facts, bytes: Buffer.alloc(0) };
  return await rangeOf(path, 0, Math.min(START_BYTES, facts.bytes));
}

async function rangeOf(path: string, offset: number, length: number): Promise<Part> {
  const { bucket, key } = objectAddress(path);
  return await asked(bucket, async ({ packages, client }) => {
    const Range = `bytes=${offset}-${offset + length - 1}`;
    const got = await client.send(new packages.GetObjectCommand({ Bucket: bucket, Key: key, Range }));
    const bytes = Buffer.from((await got.Body?.transformToByteArray()) ?? []);
    const total = Number(/\/(\d+)$/.exec(got.ContentRange ?? '')?.[1] ?? bytes.length);
    return { version: versionOf(total, got.ETag ?? ''), bytes };
  });
}

/** Undefined when the place answers and has something in it; otherwise the end of a sentence that begins with it. */
export async function whyObjectsAreAway(place: string): Promise<string | undefined> {
  const { bucket, key } = objectAddress(place);
  try {
    const Prefix = key === '' ? '' : `${key}/`;
    const found = await asked(bucket, ({ packages, client }) =>
      client.send(new packages.ListObjectsV2Command({ Bucket: bucket, Prefix, MaxKeys: 1 })),
    );
    // An archive is an object itself.
    if ((found.Contents ?? []).length === 0 && key !== '') await objectFacts(place);
    else if ((found.Contents ?? []).length === 0) return 'has nothing in it';
    return undefined;
  } catch (error) {
    if (error instanceof ImageUnreachable) return WHY[error.obstacle] ?? `cannot be reached now (${error.message})`;
    throw error;
  }
}

const WHY: Readonly<Partial<Record<ImageUnreachable['obstacle'], string>>> = {
  gone: 'is not there, or has nothing in it',
  forbidden:
    'may not be read with these credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, say which)',
};

/** Throws `ImageUnreachable` for whatever the storage, or the way to it, does not give. */
async function asked<T>(bucket: string, ask: (storage: Storage) => Promise<T>): Promise<T> {
  try {
    return await ask(await storageOf(bucket));
  } catch (error) {
    throw unreachableObject(error);
  }
}

function unreachableObject(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const status = statusOf(error);
  if (['NoSuchKey', 'NotFound', 'NoSuchBucket'].includes(error.name) || status === 404)
    return new ImageUnreachable('gone', 'the object is gone', { cause: error });
  if (error.name === 'CredentialsProviderError')
    return new ImageUnreachable('unreachable', NO_CREDENTIALS, { cause: error });
  if (/region is missing/i.test(error.message)) return new ImageUnreachable('unreachable', NO_REGION, { cause: error });
  if (status === 401 || status === 403)
    return new ImageUnreachable('forbidden', 'the object may not be read', { cause: error });
  if (status === 412) return replaced();
  // What is a bug of ours has neither a code of the system nor an answer behind it.
  if (status === undefined && !('code' in error) && !('$metadata' in error)) return error;
  return new ImageUnreachable('unreachable', `the storage does not answer: ${saidOf(error)}`, { cause: error });
}

const NO_CREDENTIALS = 'no credentials are there: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE';
const NO_REGION =
  'no region is said: set AWS_REGION, or say --endpoint (or AWS_ENDPOINT_URL_S3) for a storage elsewhere';

function statusOf(error: Error): number | undefined {
  const metadata = '$metadata' in error ? (error.$metadata as { readonly httpStatusCode?: number }) : undefined;
  return metadata?.httpStatusCode;
}

function saidOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : undefined;
  return code ?? (error.message === '' ? error.name : messageOf(error));
}

function versionOf(bytes: number, etag: string): FileVersion {
  return { bytes, modifiedMs: hashed(etag).readUIntBE(0, 6) };
}

/** A 63-bit integer. */
function idOf(bucket: string, key: string): string {
  return String(hashed(`${bucket}/${key}`).readBigUInt64BE() >> 1n);
}

function hashed(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function isSame(a: FileVersion, b: FileVersion): boolean {
  return a.bytes === b.bytes && a.modifiedMs === b.modifiedMs;
}

function replaced(): ImageUnreachable {
  return new ImageUnreachable('replaced', 'the object has changed since it was added');
}
