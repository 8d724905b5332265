/**
 * What a fleet is to label, as files in the labelling's run: the order, the images of each partition, read by offset, and
 * where all of them lie, for workers that have to decode them. Workers need no catalogue, and Redis holds only partition numbers. Deleted when the labelling is done.
 */
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { writeAtomically, writeTextAtomically } from '../atomic-file.ts';
import type { OpenScores } from '../catalogue/scores-alone.ts';
import { checksumOf } from '../checksum.ts';
import type { CacheImage } from '../images/cache-image.ts';
import { damageOf, fileProofSchema, proofOf } from '../proved-file.ts';
import { readSealed, sealed } from '../sealed-json.ts';
import { StoredDataDamaged } from '../stored-data.ts';
import { isMissing } from '../why-unread.ts';
import { type LabelOrder, PartitionUnfit, partitionNumbers, partitionOf } from './label-partition.ts';
import { cacheImage } from './locate-image.ts';

const ORDER = 'fleet.json';
const IMAGES = 'fleet-images.bin';
const FILES = 'fleet-files.parquet';

const orderSchema = z.object({
  /** From the project's description; absent for a version without checksums. */
  projectId: z.string().optional(),
  /** These must be the same on every machine. */
  program: z.string(),
  threads: z.int().min(1).nullable(),
  images: z.int().min(0),
  runId: z.string(),
  teacher: z.string(),
  classIds: z.array(z.int()).readonly(),
  topP: z.int().min(1),
  batch: z.int().min(1),
  partitionImages: z.int().min(1),
  precision: z.literal('bf16').optional(),
  int8: z.object({ least: z.array(z.number()).readonly(), most: z.array(z.number()).readonly() }).optional(),
  frames: z.int().min(1).optional(),
  /** Of the list of where the images lie. */
  files: fileProofSchema,
});

export type FleetOrder = Readonly<z.infer<typeof orderSchema>> & LabelOrder;

/**
 * @param directory the run's folder
 * @param writeFiles writes the list of where the images lie to this path
 */
export async function writeOrder(
  directory: string,
  order: Omit<FleetOrder, 'files'>,
  imageIds: Int32Array,
  writeFiles: (path: string) => Promise<void>,
): Promise<void> {
  await writeFiles(join(directory, FILES));
  await writeAtomically(join(directory, IMAGES), async (file) => {
    for (const partition of partitionNumbers(imageIds.length, order.partitionImages)) {
      const ids = bytesOf(partitionOf(imageIds, partition, order.partitionImages));
      await file.writeFile(ids);
      await file.writeFile(checksumOf(identityOf(order.runId, partition), ids));
    }
  });
  const files = await proofOf(join(directory, FILES), filesIdentity(order.runId), 'xxh64');
  await writeTextAtomically(join(directory, ORDER), sealed(identityOf(order.runId), { ...order, files }));
}

/** Undefined if there is none: the labelling is done, or was given up. Throws `StoredDataDamaged`. */
export async function readOrder(directory: string, runId: string): Promise<FleetOrder | undefined> {
  const path = join(directory, ORDER);
  const text = await textIn(path);
  if (text === undefined) return undefined;
  const found = readSealed(identityOf(runId), text, orderSchema);
  if (found.kind === 'damaged') throw damaged(path, found.damage);
  if (!found.proven) throw damaged(path, 'its checksum is missing');
  return found.value;
}

/** Undefined if the order is gone. Throws `StoredDataDamaged`. */
export async function orderedImages(
  directory: string,
  { runId, images, partitionImages }: FleetOrder,
  partition: number,
): Promise<Int32Array | undefined> {
  const path = join(directory, IMAGES);
  const count = Math.min(partitionImages, images - partition * partitionImages);
  const length = count * ID_BYTES + CHECKSUM_CHARACTERS;
  const file = await open(path, 'r').catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
  if (!file) return undefined;
  try {
    const bytes = new Uint8Array(length);
    const begins = partition * (partitionImages * ID_BYTES + CHECKSUM_CHARACTERS);
    const { bytesRead } = await file.read(bytes, 0, length, begins);
    if (bytesRead !== length) throw damaged(path, 'it is cut short');
    const ids = bytes.slice(0, count * ID_BYTES);
    const checksum = Buffer.from(bytes.subarray(count * ID_BYTES)).toString('latin1');
    if (checksumOf(identityOf(runId, partition), ids) !== checksum) throw damaged(path, 'its checksum does not match');
    return Int32Array.from(new Float64Array(ids.buffer));
  } finally {
    await file.close();
  }
}

/** Undefined if the order is gone. Throws `StoredDataDamaged` or `PartitionUnfit`. */
export async function orderedFiles(
  directory: string,
  { runId, files: proof }: FleetOrder,
  imageIds: Int32Array,
  { imagesIn }: Pick<OpenScores, 'imagesIn'>,
): Promise<readonly CacheImage[] | undefined> {
  const path = join(directory, FILES);
  const damage = await damageOf(path, filesIdentity(runId), proof);
  if (damage !== undefined) {
    if ((await textIn(join(directory, ORDER))) === undefined) return undefined;
    throw damaged(path, damage);
  }
  const files = await imagesIn(path, imageIds);
  if (files.length === imageIds.length) return files.map(cacheImage);
  throw new PartitionUnfit('The list of images that were ordered lacks some of them: start the labelling again.');
}

export async function removeOrder(directory: string): Promise<void> {
  for (const name of [ORDER, IMAGES, FILES]) await rm(join(directory, name), { force: true });
}

/** As doubles, since stored ids have 64 bits. */
const ID_BYTES = Float64Array.BYTES_PER_ELEMENT;
const CHECKSUM_CHARACTERS = 16;

function bytesOf(ids: Int32Array): Uint8Array {
  return new Uint8Array(Float64Array.from(ids).buffer);
}

function identityOf(runId: string, partition?: number): string {
  return `fleet/${runId}${partition === undefined ? '' : `/${partition}`}`;
}

function filesIdentity(runId: string): string {
  return `fleet/${runId}/files`;
}

async function textIn(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
}

function damaged(path: string, damage: string): StoredDataDamaged {
  return new StoredDataDamaged({
    ...{ kind: 'run', path, damage, what: 'The order for the fleet' },
    wayOut: 'start the labelling again, and it is written again',
  });
}
