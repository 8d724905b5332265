/**
 * The state of a training on disk: everything that the next step depends on, written atomically. The metrics file is
 * truncated to its length at the checkpoint, so that an interrupted training leaves the same metrics as an
 * uninterrupted one. The checkpoint contains checksums of itself and of that part of the metrics.
 */
import { closeSync, existsSync, fsyncSync, ftruncateSync, openSync, rmSync, writeSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Checksum, checksumOf, RunningChecksum } from '../checksum.ts';
import type { Shape } from '../graph/program.ts';
import { readSafetensors, type StoredTensor, writeSafetensors } from '../models/safetensors.ts';
import { CheckpointUnreadable } from '../models/safetensors-reader.ts';
import { StoredDataDamaged, type Verdict, verdictOn } from '../stored-data.ts';
import type { TrainingPoint } from './train-request.ts';

export interface ResumePoint {
  readonly step: number;
  /** Of the whole training; 0 if an earlier version did not write it. */
  readonly totalSteps: number;
  /** The step of the curve's last point, from which sums continue. */
  readonly lastPoint: number;
  /** The number of runs in which each batch was computed. */
  readonly parts: number;
  /** The curve so far. */
  readonly metrics: Uint8Array;
  readonly state: ReadonlyMap<string, Float32Array>;
}

export class TrainingLog {
  readonly #directory: string;
  readonly #metrics: number;
  readonly #metricsChecksum: RunningChecksum;
  #metricsBytes: number;

  constructor(directory: string, resume: ResumePoint | undefined) {
    this.#directory = directory;
    this.#metricsBytes = resume?.metrics.length ?? 0;
    this.#metricsChecksum = new RunningChecksum(identityOf(directory, METRICS));
    if (resume) this.#metricsChecksum.update(resume.metrics);
    const path = join(directory, METRICS);
    this.#metrics = openSync(path, existsSync(path) ? 'r+' : 'w');
    ftruncateSync(this.#metrics, this.#metricsBytes);
  }

  append(point: TrainingPoint): void {
    const line = Buffer.from(`${JSON.stringify(point)}\n`);
    writeSync(this.#metrics, line, 0, line.length, this.#metricsBytes);
    this.#metricsChecksum.update(line);
    this.#metricsBytes += line.length;
  }

  async checkpoint(
    { step, totalSteps, lastPoint, parts, state }: Omit<ResumePoint, 'metrics'>,
    shapes: ReadonlyMap<string, Shape>,
  ) {
    fsyncSync(this.#metrics);
    const tensors = new Map(
      [...state].map(([name, data]) => [name, { shape: shapes.get(name) ?? [data.length], data }]),
    );
    const numbers = { step, totalSteps, lastPoint, parts, metricsBytes: this.#metricsBytes };
    const metadata = {
      ...Object.fromEntries(Object.entries(numbers).map(([name, number]) => [name, String(number)])),
      metricsChecksum: this.#metricsChecksum.digest(),
    };
    const checksum = stateChecksum(this.#directory, metadata, tensors);
    await writeSafetensors(checkpointPath(this.#directory), tensors, { ...metadata, checksum });
  }

  /** The training is finished and its model saved: the checkpoint is no longer needed. */
  finish(): void {
    fsyncSync(this.#metrics);
    rmSync(checkpointPath(this.#directory), { force: true });
  }

  close(): void {
    closeSync(this.#metrics);
  }
}

/** The last checkpoint in `directory`, or undefined if there is none. Throws `StoredDataDamaged`. */
export async function readCheckpoint(directory: string): Promise<ResumePoint | undefined> {
  const path = checkpointPath(directory);
  if (!existsSync(path)) return undefined;
  const { tensors, metadata } = await readSafetensors(path).catch((error: unknown) => {
    if (error instanceof CheckpointUnreadable) throw damaged(directory, 'it is not what was written');
    throw error;
  });
  requireProven(directory, metadata, tensors);
  const state = new Map([...tensors].map(([name, { data }]) => [name, data]));
  const number = (name: string) => Number(metadata.get(name));
  // The first release wrote no parts, and checkpoints only at points of the curve.
  const parts = metadata.has('parts') ? number('parts') : 1;
  const lastPoint = number(metadata.has('lastPoint') ? 'lastPoint' : 'step');
  const metrics = await provenMetrics(directory, number('metricsBytes'), metadata.get('metricsChecksum'));
  const totalSteps = metadata.has('totalSteps') ? number('totalSteps') : 0;
  return { step: number('step'), totalSteps, lastPoint, parts, metrics, state };
}

/** Whether a training was stopped here. */
export function hasCheckpoint(directory: string): boolean {
  return existsSync(checkpointPath(directory));
}

/** Makes the training start over. */
export function removeCheckpoint(directory: string): void {
  rmSync(checkpointPath(directory), { force: true });
}

const NUMBERS: readonly string[] = ['step', 'lastPoint', 'parts', 'metricsBytes'];

/** An earlier version wrote only numbers; a checksum whose name was damaged would not be one. */
function requireProven(
  directory: string,
  metadata: ReadonlyMap<string, string>,
  tensors: ReadonlyMap<string, StoredTensor>,
): void {
  const { checksum, ...rest } = Object.fromEntries(metadata);
  const asWritten =
    checksum === undefined
      ? [...metadata.keys()].every((name) => NUMBERS.includes(name))
      : checksum === stateChecksum(directory, rest, tensors);
  if (!asWritten) throw damaged(directory, 'its checksum does not match');
}

/** Covers everything in the file, bound to the run. */
function stateChecksum(
  directory: string,
  metadata: Readonly<Record<string, string>>,
  tensors: ReadonlyMap<string, StoredTensor>,
): Checksum {
  const names = [...tensors.keys()].sort();
  const shapes = names.map((name) => [name, tensors.get(name)?.shape]);
  const about = JSON.stringify([Object.entries(metadata).sort(), shapes]);
  const bytes = names.flatMap((name) => {
    const data = tensors.get(name)?.data;
    return data ? [new Uint8Array(data.buffer, data.byteOffset, data.byteLength)] : [];
  });
  return checksumOf(identityOf(directory, CHECKPOINT), about, ...bytes);
}

async function provenMetrics(directory: string, bytes: number, checksum: string | undefined): Promise<Uint8Array> {
  const content = await readFile(join(directory, METRICS)).catch(() => new Uint8Array());
  const metrics = content.subarray(0, bytes);
  const asWritten = checksum === undefined || checksum === checksumOf(identityOf(directory, METRICS), metrics);
  if (metrics.length !== bytes || !asWritten) throw damaged(directory, 'the curve that belongs to it has changed');
  return metrics;
}

function damaged(directory: string, damage: string): StoredDataDamaged {
  return new StoredDataDamaged({
    ...{ kind: 'checkpoint', path: checkpointPath(directory), damage },
    what: `The checkpoint of the run ${basename(directory)}`,
    wayOut: 'run the method again, and the training starts again',
  });
}

const CHECKPOINT = 'checkpoint.safetensors';
const METRICS = 'metrics.jsonl';

function identityOf(directory: string, name: string): string {
  return `runs/${basename(directory)}/${name} so far`;
}

function checkpointPath(directory: string): string {
  return join(directory, CHECKPOINT);
}

/** For an unfinished training; yields nothing if there is no checkpoint. */
export async function* verifyCheckpoint(directory: string): AsyncGenerator<Verdict> {
  const path = checkpointPath(directory);
  if (!existsSync(path)) return;
  yield await verdictOn({ kind: 'checkpoint', path, remade: true }, async () => {
    await readCheckpoint(directory);
    return 'sound';
  });
}
