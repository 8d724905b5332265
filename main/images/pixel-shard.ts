/**
 * A shard of the pixel cache: 4096 image ids, as a file of fixed-size records and a list of them, which is written last
 * and serves as its done-marker. The list carries its own checksum and that of every record, which is bound to the
 * image's id: a record in the wrong place counts as damaged too.
 */
import { readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { writeTextAtomically } from '../atomic-file.ts';
import { recordChecksum } from '../checksum.ts';
import { type SampleShape, sampleLength } from '../sample-shape.ts';
import { sealed, unsealed } from '../sealed-json.ts';
import { StoredDataDamaged } from '../stored-data.ts';
import { isMissing } from '../why-unread.ts';
import { wasUnreachable } from './image-failures.ts';
import { DECODER_REVISION } from './image-formats.ts';

export const SHARD_IMAGES = 4096;

const CHECKSUM_BYTES = 4;

const listSchema = z.object({
  /** The decoder version that refused the images under problems; the first version did not record it. */
  decoder: z.number().optional(),
  /** One per record, in the order of the records. */
  ids: z.array(z.number()),
  bytes: z.array(z.number()),
  modifiedMs: z.array(z.number()),
  /** Absent: all are of the first revision. */
  revisions: z.array(z.number()).optional(),
  /** The fingerprints of the records, concatenated, in base64. */
  fingerprints: z.string(),
  /** The checksums of the records, 32 bits each, in base64. */
  checksums: z.string(),
  problems: z.array(z.object({ id: z.number(), reason: z.string(), bytes: z.number(), modifiedMs: z.number() })),
});

export type ShardList = z.infer<typeof listSchema>;

/** As written, under another name, by versions without checksums. */
export const earlierListSchema = listSchema.omit({ checksums: true });

/** One shard, by its number. */
export interface ShardPlace {
  readonly directory: string;
  readonly shard: number;
}

export function shardOf(imageId: number): number {
  return Math.floor(imageId / SHARD_IMAGES);
}

/** One byte per number. */
export function recordBytes(shape: SampleShape): number {
  return sampleLength(shape);
}

export function recordsPath({ directory, shard }: ShardPlace): string {
  return join(directory, `${numbered(shard)}.rgb`);
}

function listPath({ directory, shard }: ShardPlace): string {
  return join(directory, `${numbered(shard)}${LIST_ENDING}`);
}

const LIST_ENDING = '.list';
const numbered = (shard: number): string => String(shard).padStart(6, '0');

/** The numbers of the shards that have a list, given the names of a cache's files. Ascending. */
export function listedShards(names: readonly string[]): number[] {
  return numbersOf(names, LIST_ENDING);
}

/** The numbers of the files with this suffix. */
export function numbersOf(names: readonly string[], ending: string): number[] {
  const found = names.filter((name) => name.endsWith(ending) && /^\d+$/.test(name.slice(0, -ending.length)));
  return found.map((name) => Number.parseInt(name, 10)).sort((a, b) => a - b);
}

/** The checksum of an image's pixels: the low half of its xxHash64, since one is stored per image. */
export function pixelsChecksum(imageId: number, pixels: Uint8Array): number {
  return Number(recordChecksum(pixels, BigInt(imageId)) & 0xffff_ffffn);
}

export function checksumsText(checksums: readonly number[]): string {
  const bytes = Buffer.alloc(CHECKSUM_BYTES * checksums.length);
  for (const [index, checksum] of checksums.entries()) bytes.writeUInt32LE(checksum, CHECKSUM_BYTES * index);
  return bytes.toString('base64');
}

/** One per record, in the order of the records. */
export function checksumsOf({ checksums }: Pick<ShardList, 'checksums'>): Uint32Array {
  const bytes = Buffer.from(checksums, 'base64');
  return Uint32Array.from({ length: bytes.length / CHECKSUM_BYTES }, (_, i) => bytes.readUInt32LE(CHECKSUM_BYTES * i));
}

/** Undefined if there is none. Throws `StoredDataDamaged`. */
export async function readList(place: ShardPlace): Promise<ShardList | undefined> {
  try {
    return parsedList(place, await readFile(listPath(place), 'utf8'));
  } catch (error) {
    return absentOrThrow(place, error);
  }
}

/** As `readList`, for threads that have nothing else to do. */
export function readListSync(place: ShardPlace): ShardList | undefined {
  try {
    return parsedList(place, readFileSync(listPath(place), 'utf8'));
  } catch (error) {
    return absentOrThrow(place, error);
  }
}

export async function writeList(place: ShardPlace, list: ShardList): Promise<void> {
  await writeTextAtomically(listPath(place), sealed(identityOf(place), list));
}

/** Without its list the shard counts as missing. */
export async function removeList(place: ShardPlace): Promise<void> {
  await rm(listPath(place), { force: true });
}

export function shardDamaged(place: ShardPlace, damage: string, path = recordsPath(place)): StoredDataDamaged {
  return new StoredDataDamaged({
    ...{ kind: 'pixels', path, damage },
    what: `The pixel cache of the images from ${place.shard * SHARD_IMAGES} on`,
    wayOut: 'run the method again, and they are decoded again from their files',
  });
}

/**
 * Earlier versions recorded unreachable images as broken, and refused some that can be decoded now: these are decoded
 * again.
 */
export function withoutDoubtfulProblems<List extends Pick<ShardList, 'decoder' | 'problems'>>(list: List): List {
  const isOfThisDecoder = list.decoder === DECODER_REVISION;
  return { ...list, problems: isOfThisDecoder ? list.problems.filter(({ reason }) => !wasUnreachable(reason)) : [] };
}

function parsedList(place: ShardPlace, text: string): ShardList {
  const found = unsealed(identityOf(place), text);
  if (found.kind === 'damaged') throw shardDamaged(place, found.damage, listPath(place));
  const list = found.proven ? listSchema.safeParse(found.value).data : undefined;
  if (!list) throw shardDamaged(place, 'it is not what was written', listPath(place));
  return withoutDoubtfulProblems(list);
}

function absentOrThrow(place: ShardPlace, error: unknown): undefined {
  if (isMissing(error)) return undefined;
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  throw code === undefined ? error : shardDamaged(place, `it cannot be read: ${code}`, listPath(place));
}

/** The folder's name contains the size of the images. */
function identityOf({ directory, shard }: ShardPlace): string {
  return `cache/${basename(directory)}/${numbered(shard)}`;
}
