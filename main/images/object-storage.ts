/**
 * Objects of an S3-compatible storage: listed page by page, read by range, never copied to a disk. The endpoint, region
 * and credentials come from the environment variables (and files) that all S3 tools use: AWS_ENDPOINT_URL_S3,
 * AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE; an endpoint that the user saved for a bucket
 * (bucket-places.ts) takes precedence. The client is loaded only when needed.
 *
 * An object's version is its length and its ETag, as a number; a storage changes the ETag when an object is rewritten.
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

/** Most headers are covered by the first response. */
const START_BYTES = 65_536;
const PART_BYTES = 8 * 2 ** 20;
const CONNECT_MS = 5000;
const ANSWER_MS = 60_000;

type Packages = typeof import('./object-storage-packages.ts');

interface Storage {
  readonly packages: Packages;
  readonly client: S3Client;
}

/** Keyed by bucket. */
const opened = new Map<string, Promise<Storage>>();

async function storageOf(bucket: string): Promise<Storage> {
  const known = opened.get(bucket) ?? openStorage(bucket);
  opened.set(bucket, known);
  return await known;
}

async function openStorage(bucket: string): Promise<Storage> {
  // The client's warnings about Node.js versions are meant for developers.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const packages = await import('./object-storage-packages.ts');
  const said = await placeOfBucket(bucket);
  const elsewhere = said?.endpoint ?? process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL;
  const region = said?.region ?? process.env.AWS_REGION;
  const client = new packages.S3Client({
    // Other storages have regions of their own, or none.
    ...(elsewhere !== undefined && { endpoint: elsewhere, forcePathStyle: true, region: region ?? 'us-east-1' }),
    ...(elsewhere === undefined && region !== undefined && { region }),
    maxAttempts: 2,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS },
    // Verify only checksums that the storage sends anyway: other storages have none.
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return { packages, client };
}

/** Called when the user has changed the endpoint. */
export function forgetStorage(bucket: string): void {
  opened.delete(bucket);
}

/** One level of a place. */
export interface ListedObjects {
  /** Their names, relative to the place. */
  readonly folders: readonly string[];
  readonly objects: readonly { readonly name: string; readonly facts: FileFacts }[];
}

/** What is directly in the place. Throws `ImageUnreachable`. */
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
      // Some programs represent an empty folder by an object with the folder's name.
      const name = found.slice(prefix.length);
      if (name !== '') objects.push({ name, facts: { ...versionOf(Size, ETag), fileId: idOf(bucket, found) } });
    }
    token = page.IsTruncated ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
  return { folders, objects };
}

/** The facts of an object, without its contents. Throws `ImageUnreachable`. */
export async function objectFacts(path: string): Promise<FileFacts> {
  const { bucket, key } = objectAddress(path);
  const { ContentLength = 0, ETag = '' } = await asked(bucket, ({ packages, client }) =>
    client.send(new packages.HeadObjectCommand({ Bucket: bucket, Key: key })),
  );
  return { ...versionOf(ContentLength, ETag), fileId: idOf(bucket, key) };
}

/**
 * @param version its known version; if absent, the first bytes are requested to learn it. Throws `ImageUnreachable`.
 */
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
    // Every response states its version, and is checked.
    requireUnchanged: async () => {},
    close: async () => {},
  };
}

/** Copies the object to a local file, part by part. Throws `ImageUnreachable`. */
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

/** Undefined if the place responds and is not empty; otherwise a text to follow its name. */
export async function whyObjectsAreAway(place: string): Promise<string | undefined> {
  const { bucket, key } = objectAddress(place);
  try {
    const Prefix = key === '' ? '' : `${key}/`;
    const found = await asked(bucket, ({ packages, client }) =>
      client.send(new packages.ListObjectsV2Command({ Bucket: bucket, Prefix, MaxKeys: 1 })),
    );
    // An archive is itself an object.
    if ((found.Contents ?? []).length === 0 && key !== '') await objectFacts(place);
    else if ((found.Contents ?? []).length === 0) return 'is empty';
    return undefined;
  } catch (error) {
    if (error instanceof ImageUnreachable) return WHY[error.obstacle] ?? `cannot be reached now (${error.message})`;
    throw error;
  }
}

const WHY: Readonly<Partial<Record<ImageUnreachable['obstacle'], string>>> = {
  gone: 'does not exist, or is empty',
  forbidden:
    'may not be read with these credentials (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, say which)',
};

/** Throws `ImageUnreachable` for everything that the storage, or the connection to it, fails to deliver. */
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
  // A bug of ours has neither a system error code nor a response.
  if (status === undefined && !('code' in error) && !('$metadata' in error)) return error;
  return new ImageUnreachable('unreachable', `the storage does not answer: ${saidOf(error)}`, { cause: error });
}

const NO_CREDENTIALS = 'there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE';
const NO_REGION = 'no region is given: set AWS_REGION, or give --endpoint (or AWS_ENDPOINT_URL_S3) for another storage';

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
